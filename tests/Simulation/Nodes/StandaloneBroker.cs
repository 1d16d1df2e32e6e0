using Microsoft.Extensions.Logging;
using Starling.Broker.Sessions;
using Starling.Broker.Standalone;
using Starling.Broker.Tenants;
using Starling.Broker.Time;
using Starling.Edge.Nodes;
using Starling.Simulation.Store;

namespace Starling.Simulation.Nodes;

/// <summary>The broker of one process with a database, as one of its lives from start to crash.</summary>
internal sealed class StandaloneBroker
{
    private readonly SessionSweep _sweep;
    private readonly StandaloneCluster _cluster;
    private readonly Task _loading;

    public StandaloneBroker(NodeProcess process, Common common)
    {
        var directory = common.NewDirectory(process.Clock);
        var connection = new StoreConnection(common.Database, process);
        var stores = new StandaloneStores(
            new SimulatedRetainedStore(connection), new SimulatedSessionStore(connection), new SimulatedInboxStore(connection));
        _cluster = new StandaloneCluster(
            directory,
            stores,
            new ClientIdCollisions(process.Clock, common.TenantMetrics, common.Loggers.CreateLogger<ClientIdCollisions>()),
            new DelayQueue(process.Clock, common.Loggers.CreateLogger<DelayQueue>()),
            process.Clock,
            common.Metrics,
            common.Loggers);
        var node = new EdgeNode(directory, common.Metrics, process.Clock);
        _cluster.Join(node);
        Edge = new SimulatedEdge(process, common, directory, node, _cluster);
        _sweep = new SessionSweep(
            stores.Sessions, directory, key => _cluster.Session(key), () => [node.Id], process.Clock, common.Loggers.CreateLogger<SessionSweep>());
        _loading = StartAsync(directory.Tenants);
    }

    public SimulatedEdge Edge { get; }

    public bool IsReady => _loading.IsCompletedSuccessfully;

    private async Task StartAsync(IEnumerable<Broker.Tenants.Tenant> tenants)
    {
        await _cluster.LoadAsync(tenants).ConfigureAwait(false);
        _sweep.Start();
    }
}
