using Microsoft.Extensions.Logging;
using Starling.Cluster.Edges;
using Starling.Cluster.Links;
using Starling.Edge.Nodes;
using Starling.Simulation.Engine;

namespace Starling.Simulation.Nodes;

/// <summary>An edge of a cluster: the edge, and its place among the others.</summary>
internal sealed class ClusterEdge
{
    private readonly EdgeMembership _membership;
    private readonly Common _common;

    public ClusterEdge(NodeProcess process, Common common, SimulatedEngine engine, Activations activations)
    {
        _common = common;
        var directory = common.NewDirectory(process.Clock);
        var cluster = new EdgeCluster(engine, directory, new LinkOptions(), common.NewGuid, process.Clock, common.Loggers.CreateLogger<EdgeCluster>());
        var node = new EdgeNode(directory, common.Metrics, process.Clock);
        var presence = new EdgePresence(node, cluster, process.Clock, common.Loggers.CreateLogger<EdgePresence>(), (edgeId, edge) =>
        {
            activations.Publish(edgeId, new Endpoint(process, edgeId, edge));
            return new ValueTask<string>(edgeId);
        });
        var ids = 0;
        _membership = new EdgeMembership(
            engine.Directory, presence, () => $"{process.Name}#{++ids}", process.Clock, common.Loggers.CreateLogger<EdgeMembership>());
        Edge = new SimulatedEdge(process, common, directory, node, cluster);
        _ = _membership.StartAsync();
    }

    public SimulatedEdge Edge { get; }

    public NodeProcess Process => Edge.Process;

    public bool IsReady => Process is { IsRunning: true, IsLeaving: false } && _membership.EdgeId is not null;

    /// <summary>It is told to end: clients are sent away, then it leaves the cluster.</summary>
    public async Task LeaveAsync()
    {
        await Edge.DrainAsync().ConfigureAwait(false);
        await Task.Delay(TimeSpan.FromSeconds(1.5), Process.Clock).ConfigureAwait(false);
        await _membership.DisposeAsync().ConfigureAwait(false);
        _common.Trace.Add(Process.Name, "is gone");
        Edge.Kill();
    }
}
