using Starling.Broker.Contracts;
using Starling.Broker.Messages;
using Starling.Broker.Tenants.Quotas;
using Starling.Cluster.Contracts;
using Starling.Protocol;

namespace Starling.Cluster.Tests.Serialization;

internal sealed class RecordingSession : ISession
{
    public List<string> Calls { get; } = [];

    public Exception? Failure { get; set; }

    /// <summary>Of the last call that the caller may give up.</summary>
    public CancellationToken Abandoned { get; private set; }

    public ValueTask<SessionConnected> ConnectAsync(SessionConnect connect, CancellationToken abandoned = default)
    {
        Abandoned = abandoned;
        return Note($"connect {connect.EdgeId}", Samples.Connected);
    }

    public ValueTask<bool> StartAsync(long epoch, int receiveMaximum) => Note($"start {epoch} {receiveMaximum}", true);

    public ValueTask DisconnectAsync(long epoch, SessionDisconnect disconnect) => Note($"disconnect {epoch} {disconnect.PublishWill}");

    public ValueTask SubscribeAsync(long epoch, IReadOnlyList<Subscription> subscriptions) =>
        Note($"subscribe {epoch} {string.Join(' ', subscriptions.Select(subscription => subscription.Filter))}");

    public ValueTask UnsubscribeAsync(long epoch, IReadOnlyList<string> filters) => Note($"unsubscribe {epoch} {string.Join(' ', filters)}");

    public ValueTask EnqueueAsync(IReadOnlyList<Delivery> deliveries) => Note($"enqueue {deliveries.Count}");

    public ValueTask<InboxSummary?> ReplayAsync(string filter, IReadOnlyList<Delivery> deliveries) =>
        Note<InboxSummary?>($"replay {filter} {deliveries.Count}", new InboxSummary(1, 2, 3));

    public ValueTask AcknowledgeAsync(long epoch, IReadOnlyList<InboxAck> acks) =>
        Note($"acknowledge {epoch} {string.Join(' ', acks.Select(ack => $"{ack.Number}{(ack.Received ? '+' : '-')}"))}");

    public ValueTask RecordReceivedAsync(long epoch, IReadOnlyList<ushort> received, IReadOnlyList<ushort> released) =>
        Note($"record {epoch} {string.Join(' ', received)}/{string.Join(' ', released)}");

    public ValueTask WakeAsync() => Note("wake");

    private ValueTask Note(string call)
    {
        Calls.Add(call);
        return Failure is null ? default : ValueTask.FromException(Failure);
    }

    private ValueTask<T> Note<T>(string call, T result)
    {
        Calls.Add(call);
        return Failure is null ? new(result) : ValueTask.FromException<T>(Failure);
    }
}

internal sealed class RecordingNode : IRemoteShard, IRemoteEdge, IEdgeDirectory, ITenantShares
{
    public List<string> Calls { get; } = [];

    public ValueTask<ShardReply> TransferAsync(ShardTransfer transfer) => Note($"shard transfer {transfer.Number}", Samples.ShardReply);

    public ValueTask SetDurableRouteAsync(string clientId, Subscription subscription) => Note($"set {clientId} {subscription.Filter}");

    public ValueTask RemoveDurableRouteAsync(string clientId, string filter) => Note($"remove {clientId} {filter}");

    public ValueTask JoinAsync(SharedGroupKey group, SharedMember member) => Note($"join {group.ShareName} {member.ClientId}");

    public ValueTask LeaveAsync(SharedGroupKey group, string clientId) => Note($"leave {group.ShareName} {clientId}");

    public ValueTask<IReadOnlyList<int>> RedispatchAsync(string except, IReadOnlyList<Delivery> deliveries) =>
        Note<IReadOnlyList<int>>($"redispatch {except} {deliveries.Count}", [1]);

    public ValueTask CompletedAsync(SharedGroupKey group, string clientId, int count) => Note($"completed {group.ShareName} {clientId} {count}");

    public ValueTask<RetainedPage> ReadRetainedAsync(RetainedQuery query) =>
        Note($"retained {query.Filter} {query.Page}", new RetainedPage(Samples.Batch, More: true));

    public ValueTask<EdgeReply> TransferAsync(EdgeTransfer transfer) => Note($"edge transfer {transfer.Number}", new EdgeReply(false, [1]));

    public ValueTask PushAsync(InboxPush push) => Note($"push {push.Entries.Count}");

    public ValueTask<EdgeRoutes> AnnounceAsync(string tenant, int shard, long epoch) => Note($"announce {tenant} {shard} {epoch}", Samples.Routes);

    public ValueTask<bool> CloseAsync(string tenant, string clientId, long epoch, ReasonCode reason) =>
        Note($"close {tenant} {clientId} {epoch} {reason}", true);

    public ValueTask<long> EvictAsync(string tenant, string clientId, ReasonCode reason) => Note($"evict {tenant} {clientId} {reason}", 9L);

    public ValueTask<EdgeLease> RenewAsync(string edgeId, string address) =>
        Note($"renew {edgeId} {address}", new EdgeLease(true, TimeSpan.FromSeconds(10), Silos: 5));

    public ValueTask<TenantShare> RenewAsync(string edgeId, TenantDemand demand) =>
        Note($"share {edgeId} {demand.Limits.Count}", new TenantShare(TimeSpan.FromSeconds(3), [null, 2.5]));

    public ValueTask LeaveAsync(string edgeId) => Note($"leave {edgeId}");

    public ValueTask<IReadOnlyList<EdgeEntry>> ReadAsync(string? silo) => Note<IReadOnlyList<EdgeEntry>>($"read {silo}", [new EdgeEntry("edge-1", "there")]);

    private ValueTask Note(string call)
    {
        Calls.Add(call);
        return default;
    }

    private ValueTask<T> Note<T>(string call, T result)
    {
        Calls.Add(call);
        return new(result);
    }
}
