using Orleans.Concurrency;
using Starling.Broker.Sessions;
using Starling.Broker.Wire.Calls;
using Starling.Grains.Interfaces;
using Starling.Grains.Placement;
using Silo = Starling.Broker.Cluster.Silos.Silo;

namespace Starling.Grains.Sessions;

/// <summary>
/// A session. It is collected when nobody has called it for a while, unless it has something that is nowhere else. The session locks for
/// itself, so calls interleave.
/// </summary>
[Reentrant, SpreadPlacement, GrainType(GrainTypes.Session)]
internal sealed class SessionGrain(Silo silo, PlacedGrains placed) : Grain, ISessionGrain, IPlacedGrain
{
    private Session? _session;
    private bool _isHeld;

    GrainId IPlacedGrain.Id => GrainContext.GrainId;

    bool IPlacedGrain.MayMove => _session is not { MayBeReleased: false };

    public override Task OnActivateAsync(CancellationToken cancellationToken)
    {
        _session = Begin();
        placed.Add(this);
        return Task.CompletedTask;
    }

    public ValueTask<WireFrame> CallAsync(WireFrame call) => CallAsync(call, CancellationToken.None);

    public async ValueTask<WireFrame> CallAsync(WireFrame call, CancellationToken cancellation)
    {
        var answer = await CallReceiver.HandleAsync(_session ??= Begin(), call.Bytes, cancellation);
        var isHeld = _session is { MayBeReleased: false };
        if (isHeld != _isHeld)
            DelayDeactivation((_isHeld = isHeld) ? Timeout.InfiniteTimeSpan : TimeSpan.Zero);
        return new WireFrame(answer);
    }

    public override async Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        placed.Remove(this);
        if (_session is { } session)
            await session.ReleaseAsync();
    }

    void IPlacedGrain.Move() => GrainContext.Deactivate(new(DeactivationReasonCode.ApplicationRequested, "Its place is in another silo."));

    private Session Begin()
    {
        var (tenant, clientId) = GrainKeys.ReadSession(this.GetPrimaryKeyString());
        return silo.Session(new SessionKey(tenant, clientId), Retire);
    }

    /// <summary>A call that comes before this activation has ended gets a new object: one that has retired sends its callers on to it.</summary>
    private void Retire(Session session, SessionKey key) => session.TryRetire(() =>
    {
        _session = null;
        GrainContext.Deactivate(new(DeactivationReasonCode.ApplicationRequested, "The session is over."));
    });
}
