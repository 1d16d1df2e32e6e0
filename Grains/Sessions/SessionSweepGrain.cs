using Microsoft.Extensions.Logging;
using Starling.Broker.Sessions;
using Starling.Cluster.Silos;
using Starling.Grains.Interfaces;
using Starling.Grains.Placement;

namespace Starling.Grains.Sessions;

/// <summary>Sees to one part of the stored sessions (<see cref="SessionSweep"/>) while it lives.</summary>
[KeepAlive, RendezvousPlacement, GrainType(GrainTypes.SessionSweep)]
internal sealed class SessionSweepGrain(OwnerFactory owners, SiloServices services, GrainRebalancer placed) : Grain, ISessionSweepGrain, IRebalancedGrain, IAsyncDisposable
{
    private SessionSweep? _sweep;

    GrainId IRebalancedGrain.Id => GrainContext.GrainId;

    string? IRebalancedGrain.Tenant => null;

    bool IRebalancedGrain.MayMove => true;

    public override Task OnActivateAsync(CancellationToken cancellationToken)
    {
        _sweep = new SessionSweep(
            services.Sessions,
            services.Tenants,
            key => owners.Cluster.Session(key.Tenant, key.ClientId),
            () => [.. services.Edges.Known.Select(edge => edge.EdgeId)],
            services.Time,
            services.Loggers.CreateLogger<SessionSweep>(),
            (int)this.GetPrimaryKeyLong(),
            SweepPartitions.Count);
        _sweep.Start();
        placed.Add(this);
        return Task.CompletedTask;
    }

    public ValueTask StayAsync() => ValueTask.CompletedTask;

    public override async Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        placed.Remove(this);
        await DisposeAsync();
    }

    public ValueTask DisposeAsync() => _sweep?.DisposeAsync() ?? ValueTask.CompletedTask;

    /// <summary>Nobody waits for it.</summary>
    void IRebalancedGrain.Leave()
    {
    }

    void IRebalancedGrain.Move() => GrainContext.Migrate(null);
}
