using Orleans.Concurrency;
using Starling.Broker.Contracts;
using Starling.Broker.Messages;
using Starling.Cluster.Contracts;
using Starling.Cluster.Silos;
using Starling.Grains.Interfaces;
using Starling.Grains.Placement;

namespace Starling.Grains.Shards;

/// <summary>
/// A topic shard. It stays, since edges have routes in it that would have to be told anew, until another object is the shard. The shard locks
/// for itself, so calls interleave.
/// </summary>
[Reentrant, KeepAlive, RendezvousPlacement, GrainType(GrainTypes.TopicShard)]
internal sealed class TopicShardGrain(OwnerFactory owners, GrainRebalancer placed) : Grain, ITopicShardGrain, IRebalancedGrain, IIncomingGrainCallFilter
{
    private readonly CallDrain _drain = new(CallDrain.Long);
    private ShardHost? _host;

    GrainId IRebalancedGrain.Id => GrainContext.GrainId;

    string? IRebalancedGrain.Tenant => GrainKeys.ReadShard(this.GetPrimaryKeyString()).Tenant;

    bool IRebalancedGrain.MayMove => true;

    public override async Task OnActivateAsync(CancellationToken cancellationToken)
    {
        var (tenant, shard) = GrainKeys.ReadShard(this.GetPrimaryKeyString());
        await owners.KnowsAsync(tenant);
        _host = owners.Shard(tenant, shard, () => End("Another one is the shard."));
        // Calls wait until it serves; the activation does not, which would be given up after a while.
        _ = _host.StartAsync();
        placed.Add(this);
    }

    Task IIncomingGrainCallFilter.Invoke(IIncomingGrainCallContext context) =>
        context.InterfaceMethod.DeclaringType == typeof(IRemoteShard) ? _drain.RunAsync(context.Invoke()) : context.Invoke();

    public ValueTask<ShardReply> TransferAsync(ShardTransfer transfer) => _host!.TransferAsync(transfer);

    public ValueTask SetDurableRouteAsync(string clientId, Subscription subscription) => _host!.SetDurableRouteAsync(clientId, subscription);

    public ValueTask RemoveDurableRouteAsync(string clientId, string filter) => _host!.RemoveDurableRouteAsync(clientId, filter);

    public ValueTask JoinAsync(SharedGroupKey group, SharedMember member) => _host!.JoinAsync(group, member);

    public ValueTask LeaveAsync(SharedGroupKey group, string clientId) => _host!.LeaveAsync(group, clientId);

    public ValueTask<IReadOnlyList<int>> RedispatchAsync(string except, IReadOnlyList<Delivery> deliveries) =>
        _host!.RedispatchAsync(except, deliveries);

    public ValueTask CompletedAsync(SharedGroupKey group, string clientId, int count) => _host!.CompletedAsync(group, clientId, count);

    public ValueTask<RetainedPage> ReadRetainedAsync(RetainedQuery query) => _host!.ReadRetainedAsync(query);

    public override async Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        placed.Remove(this);
        if (_host is not null)
            await _host.DisposeAsync();
    }

    void IRebalancedGrain.Leave() => _drain.Begin();

    /// <summary>Not only ended: messages that come to this silo all the time would begin it here again.</summary>
    void IRebalancedGrain.Move()
    {
        _drain.Begin();
        GrainContext.Migrate(null);
    }

    private void End(string why)
    {
        _drain.Begin();
        GrainContext.Deactivate(new(DeactivationReasonCode.ApplicationRequested, why));
    }
}
