using Microsoft.Extensions.Hosting;
using Starling.Cluster.Edges;
using Starling.Edge.Connections;

namespace Starling.Edge.Cluster;

/// <summary>Joins the cluster before anything listens, and leaves it when the connections are closed.</summary>
/// <param name="handler">Brings the tenants and the edge with it.</param>
internal sealed class ClusterMembership(EdgeMembership membership, IClientHandler handler) : IHostedService
{
    public Task StartAsync(CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(handler);
        return membership.StartAsync().WaitAsync(cancellationToken);
    }

    public async Task StopAsync(CancellationToken cancellationToken) => await membership.DisposeAsync();
}
