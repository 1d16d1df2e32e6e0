using Starling.Broker.Contracts;
using Starling.Broker.Tenants.Access;
using Starling.Broker.Tenants.Authentication;
using Starling.Edge.Outgoing;

namespace Starling.Edge.Nodes;

/// <summary>What an accepted CONNECT came to.</summary>
/// <param name="EdgeId">What this edge was called when the session was asked; it may have become another one since.</param>
/// <param name="IsClientIdAssigned">By this edge: no rule of the tenant has to allow it.</param>
/// <param name="IsBridge">See <see cref="Starling.Protocol.ConnectPacket.IsBridge"/>.</param>
/// <param name="ReceiveMaximum">Towards the broker.</param>
/// <param name="TopicAliasMaximum">Towards the broker.</param>
/// <param name="KeepAlive">Seconds, the server's if it has set one.</param>
/// <param name="SessionExpiry">As asked for; what DISCONNECT may change depends on it ([MQTT-3.14.2-2]).</param>
/// <param name="AuthenticationMethod">Null without enhanced authentication.</param>
internal sealed record AcceptedConnect(
    EdgeTenant Tenant,
    string EdgeId,
    string ClientId,
    bool IsClientIdAssigned,
    bool IsBridge,
    Login Login,
    ClientAccess Access,
    ISession SessionOwner,
    SessionConnected Session,
    OutboxOptions Outbox,
    ushort ReceiveMaximum,
    ushort TopicAliasMaximum,
    ushort KeepAlive,
    uint SessionExpiry,
    string? AuthenticationMethod);
