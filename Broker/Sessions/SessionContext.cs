using Microsoft.Extensions.Logging;
using Starling.Broker.Contracts;
using Starling.Broker.Metrics;
using Starling.Broker.Tenants;
using Starling.Broker.Time;

namespace Starling.Broker.Sessions;

/// <summary>What the sessions of a tenant share.</summary>
/// <param name="Idle">Told when a session may have nothing left to remember.</param>
/// <param name="IsShared">
/// Whether other processes have sessions of the same stores, so that for a while there may be two objects for one session: what can't be
/// undone is confirmed with the store first.
/// </param>
public sealed record SessionContext(
    Tenant Tenant,
    ISessionCluster Cluster,
    ISessionStore Sessions,
    IInboxStore Inboxes,
    ClientIdCollisions Collisions,
    DelayQueue Due,
    TimeProvider Time,
    TenantCounters Counters,
    ILogger Logger,
    Action<Session, SessionKey> Idle,
    bool IsShared = false);
