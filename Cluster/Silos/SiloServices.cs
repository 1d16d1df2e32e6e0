using Microsoft.Extensions.Logging;
using Starling.Broker.Contracts;
using Starling.Broker.Metrics;
using Starling.Broker.Tenants;
using Starling.Broker.Time;
using Starling.Cluster.Contracts;
using Starling.Cluster.Links;

namespace Starling.Cluster.Silos;

/// <summary>What the sessions and shards of a silo share.</summary>
/// <param name="Name">What shards call this silo; another one each time that it starts.</param>
/// <param name="NewCursor">Makes ids for retained replays.</param>
public sealed record SiloServices(
    string Name,
    IClusterEngine Engine,
    LiveEdges Edges,
    ITenantDirectory Tenants,
    IShardStore Shards,
    IRetainedStore Retained,
    ISessionStore Sessions,
    IInboxStore Inboxes,
    ClientIdCollisions Collisions,
    DelayQueue Due,
    BrokerMetrics Metrics,
    LinkOptions Links,
    Func<Guid> NewCursor,
    TimeProvider Time,
    ILoggerFactory Loggers);
