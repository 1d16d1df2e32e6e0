using Orleans.Concurrency;
using Starling.Cluster.Serialization.Calls;
using Starling.Cluster.Silos;
using Starling.Grains.Interfaces;
using Starling.Grains.Placement;

namespace Starling.Grains.Shards;

/// <summary>
/// A topic shard. It stays, since edges have routes in it that would have to be told anew, until another object is the shard. The shard locks
/// for itself, so calls interleave.
/// </summary>
[Reentrant, KeepAlive, RendezvousPlacement, GrainType(GrainTypes.TopicShard)]
internal sealed class TopicShardGrain(OwnerFactory owners, GrainRebalancer placed) : Grain, ITopicShardGrain, IRebalancedGrain
{
    private readonly CallDrain _departure = new(CallDrain.Long);
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

    public ValueTask<WireFrame> CallAsync(WireFrame call) => _departure.CallAsync(CallReceiver.HandleAsync(_host!, call.Bytes));

    public override async Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        placed.Remove(this);
        if (_host is not null)
            await _host.DisposeAsync();
    }

    void IRebalancedGrain.Leave() => _departure.Begin();

    /// <summary>Not only ended: messages that come to this silo all the time would begin it here again.</summary>
    void IRebalancedGrain.Move()
    {
        _departure.Begin();
        GrainContext.Migrate(null);
    }

    private void End(string why)
    {
        _departure.Begin();
        GrainContext.Deactivate(new(DeactivationReasonCode.ApplicationRequested, why));
    }
}
