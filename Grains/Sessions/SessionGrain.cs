using Orleans.Concurrency;
using Starling.Broker.Contracts;
using Starling.Broker.Messages;
using Starling.Broker.Sessions;
using Starling.Cluster.Silos;
using Starling.Grains.Interfaces;
using Starling.Grains.Placement;

namespace Starling.Grains.Sessions;

/// <summary>
/// A session. It is collected when nobody has called it for a while, unless it has something that is nowhere else. The session locks for
/// itself, so calls interleave.
/// </summary>
[Reentrant, RendezvousPlacement, GrainType(GrainTypes.Session)]
internal sealed class SessionGrain(OwnerFactory owners, GrainRebalancer placed) : Grain, ISessionGrain, IRebalancedGrain, IIncomingGrainCallFilter
{
    private readonly CallDrain _drain = new(CallDrain.Short);
    private Session? _session;
    private bool _isHeld;
    private bool _hasNoTenant;

    GrainId IRebalancedGrain.Id => GrainContext.GrainId;

    string? IRebalancedGrain.Tenant => Key.Tenant;

    bool IRebalancedGrain.MayMove => _session is not { MayBeReleased: false };

    private Session Current => _session ??= Begin();

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

    /// <summary>What every call of the session has in common.</summary>
    /// <exception cref="StoreUnavailableException">There is no such tenant. It is not called again, as after a call that got lost.</exception>
    async Task IIncomingGrainCallFilter.Invoke(IIncomingGrainCallContext context)
    {
        if (context.InterfaceMethod.DeclaringType != typeof(ISession))
        {
            await context.Invoke();
            return;
        }

        if (_hasNoTenant)
            throw new StoreUnavailableException($"There is no tenant '{Key.Tenant}'.");
        try
        {
            await _drain.RunAsync(context.Invoke());
        }
        finally
        {
            var isHeld = _session is { MayBeReleased: false };
            if (isHeld != _isHeld)
                DelayDeactivation((_isHeld = isHeld) ? Timeout.InfiniteTimeSpan : TimeSpan.Zero);
        }
    }

    public ValueTask<SessionConnected> ConnectAsync(SessionConnect connect, CancellationToken abandoned = default) =>
        Current.ConnectAsync(connect, abandoned);

    public ValueTask<bool> StartAsync(long epoch, int receiveMaximum) => Current.StartAsync(epoch, receiveMaximum);

    public ValueTask DisconnectAsync(long epoch, SessionDisconnect disconnect) => Current.DisconnectAsync(epoch, disconnect);

    public ValueTask SubscribeAsync(long epoch, IReadOnlyList<Subscription> subscriptions) => Current.SubscribeAsync(epoch, subscriptions);

    public ValueTask UnsubscribeAsync(long epoch, IReadOnlyList<string> filters) => Current.UnsubscribeAsync(epoch, filters);

    public ValueTask EnqueueAsync(IReadOnlyList<Delivery> deliveries) => Current.EnqueueAsync(deliveries);

    public ValueTask<InboxSummary?> ReplayAsync(string filter, IReadOnlyList<Delivery> deliveries) => Current.ReplayAsync(filter, deliveries);

    public ValueTask AcknowledgeAsync(long epoch, IReadOnlyList<InboxAck> acks) => Current.AcknowledgeAsync(epoch, acks);

    public ValueTask RecordReceivedAsync(long epoch, IReadOnlyList<ushort> received, IReadOnlyList<ushort> released) =>
        Current.RecordReceivedAsync(epoch, received, released);

    public ValueTask WakeAsync() => Current.WakeAsync();

    public override async Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        placed.Remove(this);
        if (_session is { } session)
            await _drain.EndAsync(session.ReleaseAsync());
    }

    void IRebalancedGrain.Leave() => _drain.Begin();

    void IRebalancedGrain.Move()
    {
        _drain.Begin();
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
