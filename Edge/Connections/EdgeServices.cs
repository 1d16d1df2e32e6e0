using Microsoft.Extensions.Logging;
using Starling.Broker.Contracts;
using Starling.Broker.Tenants;
using Starling.Broker.Tenants.Authentication;
using Starling.Edge.Configuration;
using Starling.Edge.Nodes;
using Starling.Edge.SysTopics;

namespace Starling.Edge.Connections;

/// <summary>What the connections of an edge share.</summary>
internal sealed record EdgeServices(
    EdgeNode Edge,
    ICluster Cluster,
    TenantResolver Resolver,
    Authenticator Authenticator,
    IQuotaLeases Quotas,
    KeepAliveWheel KeepAlive,
    SysTopicSource SysTopics,
    RefusalLines Refusals,
    ReadTurns Turns,
    EdgeOptions Options,
    TimeProvider Time,
    ILogger<ClientConnection> Logger);
