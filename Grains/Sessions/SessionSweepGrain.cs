using Microsoft.Extensions.Logging;
using Starling.Broker.Cluster.Silos;
using Starling.Broker.Sessions;
using Starling.Grains.Interfaces;
using Starling.Grains.Placement;
using Silo = Starling.Broker.Cluster.Silos.Silo;

namespace Starling.Grains.Sessions;

/// <summary>Sees to one part of the stored sessions (<see cref="SessionSweep"/>) while it lives.</summary>
[KeepAlive, SpreadPlacement, GrainType(GrainTypes.SessionSweep)]
internal sealed class SessionSweepGrain(Silo silo, SiloServices services, PlacedGrains placed) : Grain, ISessionSweepGrain, IPlacedGrain, IAsyncDisposable
{
    private SessionSweep? _sweep;

    GrainId IPlacedGrain.Id => GrainContext.GrainId;

    string? IPlacedGrain.Tenant => null;

    bool IPlacedGrain.MayMove => true;

    public override Task OnActivateAsync(CancellationToken cancellationToken)
    {
        _sweep = new SessionSweep(
            services.Sessions,
            services.Tenants,
            key => silo.Cluster.Session(key.Tenant, key.ClientId),
            () => [.. services.Edges.Known.Select(edge => edge.EdgeId)],
            services.Time,
            services.Loggers.CreateLogger<SessionSweep>(),
            (int)this.GetPrimaryKeyLong(),
            SweepParts.Count);
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
    void IPlacedGrain.Leave()
    {
    }

    void IPlacedGrain.Move() => GrainContext.Migrate(null);
}
