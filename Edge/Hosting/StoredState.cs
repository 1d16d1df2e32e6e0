using Microsoft.Extensions.Hosting;
using Starling.Broker.Cluster;
using Starling.Broker.Sessions;
using Starling.Broker.Tenants;
using Starling.Edge.Listeners;

namespace Starling.Edge.Hosting;

/// <summary>Before anything listens, shards are filled from the stores; from then on sessions that nobody asks for are seen to.</summary>
/// <param name="cluster">Owns the shards.</param>
/// <param name="tenants">Whose.</param>
/// <param name="sweep">Sees to sessions.</param>
/// <param name="handler">Brings the tenants and the edge with it.</param>
internal sealed class StoredState(StandaloneCluster cluster, ITenantDirectory tenants, SessionSweep sweep, IClientHandler handler) : IHostedService
{
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(handler);
        await cluster.LoadAsync(tenants.Tenants).WaitAsync(cancellationToken);
        sweep.Start();
    }

    public async Task StopAsync(CancellationToken cancellationToken) => await sweep.DisposeAsync();
}
