using Orleans.Concurrency;
using Starling.Broker.Contracts;
using Starling.Broker.Sessions;
using Starling.Cluster.Serialization.Calls;
using Starling.Cluster.Silos;
using Starling.Grains.Interfaces;
using Starling.Grains.Placement;

namespace Starling.Grains.Sessions;

/// <summary>
/// A session. It is collected when nobody has called it for a while, unless it has something that is nowhere else. The session locks for
/// itself, so calls interleave.
/// </summary>
[Reentrant, RendezvousPlacement, GrainType(GrainTypes.Session)]
internal sealed class SessionGrain(OwnerFactory owners, GrainRebalancer placed) : Grain, ISessionGrain, IRebalancedGrain
{
    private readonly CallDrain _departure = new(CallDrain.Short);
    private Session? _session;
    private bool _isHeld;
    private bool _hasNoTenant;

    GrainId IRebalancedGrain.Id => GrainContext.GrainId;

    string? IRebalancedGrain.Tenant => Key.Tenant;

    bool IRebalancedGrain.MayMove => _session is not { MayBeReleased: false };

    private SessionKey Key => GrainKeys.ReadSession(this.GetPrimaryKeyString()) is var (tenant, clientId) ? new(tenant, clientId) : default;

    public override async Task OnActivateAsync(CancellationToken cancellationToken)
    {
        _hasNoTenant = !await owners.KnowsAsync(Key.Tenant);
        if (_hasNoTenant)
        {
            DeactivateOnIdle();
            return;
        }

        _session = Begin();
        placed.Add(this);
    }

    public ValueTask<WireFrame> CallAsync(WireFrame call) => CallAsync(call, CancellationToken.None);

    public async ValueTask<WireFrame> CallAsync(WireFrame call, CancellationToken cancellation)
    {
        if (_hasNoTenant)
            return new WireFrame(CallReceiver.Refuse($"There is no tenant '{Key.Tenant}'."));
        var answer = await _departure.CallAsync(CallReceiver.HandleAsync(_session ??= Begin(), call.Bytes, cancellation));
        var isHeld = _session is { MayBeReleased: false };
        if (isHeld != _isHeld)
            DelayDeactivation((_isHeld = isHeld) ? Timeout.InfiniteTimeSpan : TimeSpan.Zero);
        return answer;
    }

    public override async Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        placed.Remove(this);
        if (_session is { } session)
            await _departure.EndAsync(session.ReleaseAsync());
    }

    void IRebalancedGrain.Leave() => _departure.Begin();

    void IRebalancedGrain.Move()
    {
        _departure.Begin();
        GrainContext.Migrate(null);
    }

    private Session Begin() => owners.Session(Key, Retire);

    /// <summary>A call that comes before this activation has ended gets a new object: one that has retired sends its callers on to it.</summary>
    private void Retire(Session session, SessionKey key) => session.TryRelease(() =>
    {
        _session = null;
        GrainContext.Deactivate(new(DeactivationReasonCode.ApplicationRequested, "The session is over."));
    });
}
