using Orleans.Concurrency;
using Starling.Broker.Cluster.Silos;
using Starling.Broker.Wire.Calls;
using Starling.Grains.Interfaces;
using Starling.Grains.Placement;
using Silo = Starling.Broker.Cluster.Silos.Silo;

namespace Starling.Grains.Shards;

/// <summary>
/// A topic shard. It stays, since edges have routes in it that would have to be told anew, until another object is the shard. The shard locks
/// for itself, so calls interleave.
/// </summary>
[Reentrant, KeepAlive, SpreadPlacement, GrainType(GrainTypes.TopicShard)]
internal sealed class TopicShardGrain(Silo silo, PlacedGrains placed) : Grain, ITopicShardGrain, IPlacedGrain
{
    private readonly Departure _departure = new(Departure.Long);
    private ShardHost? _host;

    GrainId IPlacedGrain.Id => GrainContext.GrainId;

    string? IPlacedGrain.Tenant => GrainKeys.ReadShard(this.GetPrimaryKeyString()).Tenant;

    bool IPlacedGrain.MayMove => true;

    public override async Task OnActivateAsync(CancellationToken cancellationToken)
    {
        var (tenant, shard) = GrainKeys.ReadShard(this.GetPrimaryKeyString());
        await silo.KnowsAsync(tenant);
        _host = silo.Shard(tenant, shard, () => End("Another one is the shard."));
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

    void IPlacedGrain.Leave() => _departure.Begin();

    /// <summary>Not only ended: messages that come to this silo all the time would begin it here again.</summary>
    void IPlacedGrain.Move()
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
