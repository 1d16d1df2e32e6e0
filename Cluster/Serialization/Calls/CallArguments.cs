using Starling.Broker.Contracts;
using Starling.Broker.Messages;
using Starling.Broker.Tenants.Quotas;
using Starling.Protocol;

namespace Starling.Cluster.Serialization.Calls;

// The arguments of calls that take more than one. Tags and names go over the wire: see WireCodec for what may change.
internal sealed record StartCall(long Epoch, int ReceiveMaximum);

internal sealed record DisconnectCall(long Epoch, SessionDisconnect Disconnect);

internal sealed record SubscribeCall(long Epoch, IReadOnlyList<Subscription> Subscriptions);

internal sealed record UnsubscribeCall(long Epoch, IReadOnlyList<string> Filters);

internal sealed record ReplayCall(string Filter, IReadOnlyList<Delivery> Deliveries);

internal sealed record AcknowledgeCall(long Epoch, IReadOnlyList<InboxAck> Acks);

internal sealed record RecordReceivedCall(long Epoch, IReadOnlyList<ushort> Received, IReadOnlyList<ushort> Released);

internal sealed record SetDurableRouteCall(string ClientId, Subscription Subscription);

internal sealed record RemoveDurableRouteCall(string ClientId, string Filter);

internal sealed record JoinCall(SharedGroupKey Group, SharedMember Member);

internal sealed record LeaveCall(SharedGroupKey Group, string ClientId);

internal sealed record RedispatchCall(string Except, IReadOnlyList<Delivery> Deliveries);

internal sealed record CompletedCall(SharedGroupKey Group, string ClientId, int Count);

internal sealed record AnnounceCall(string Tenant, int Shard, long Epoch);

internal sealed record CloseCall(string Tenant, string ClientId, long Epoch, ReasonCode Reason);

internal sealed record EvictCall(string Tenant, string ClientId, ReasonCode Reason);

internal sealed record RenewCall(string EdgeId, string Address);

/// <summary>Earlier programs send a 0 in its place.</summary>
internal sealed record ReadEdgesCall(string? Silo = null);

internal sealed record RenewShareCall(string EdgeId, TenantDemand Demand);

/// <summary>Why a call has no result.</summary>
internal sealed record CallFailure(string Message, string? Tenant = null, string? ClientId = null, long Epoch = 0);
