using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using Starling.Broker.Contracts;
using Starling.Broker.Messages;
using Starling.Cluster.Contracts;
using Starling.Cluster.Links;
using Starling.Protocol;

namespace Starling.Cluster.Silos;

/// <summary>The cluster as the sessions of a silo see it. Shards have views of their own, since they reach edges in their own order.</summary>
public sealed class SiloCluster : ISessionCluster, IDisposable
{
    private readonly SiloServices _silo;
    private readonly ILogger<SiloCluster> _logger;
    private readonly ShardCounts _shardCounts;
    private readonly RetryPolicy _retry;
    private readonly ConcurrentDictionary<(string Tenant, int Shard), ShardLink> _shards = new();
    private readonly ConcurrentDictionary<string, InboxLink> _edges = new(StringComparer.Ordinal);

    public SiloCluster(SiloServices silo)
    {
        _silo = silo;
        _logger = silo.Loggers.CreateLogger<SiloCluster>();
        _shardCounts = new ShardCounts(silo.Tenants);
        _retry = new RetryPolicy(silo.Links, silo.Time);
        silo.Edges.Gone += OnGone;
    }

    public int ShardCount(string tenant) => _shardCounts.Of(tenant);

    public ITopicShard Shard(string tenant, int shard) => Link(tenant, shard);

    public ISession Session(string tenant, string clientId) =>
        new SessionLink(_silo.Engine.Session(tenant, clientId), _silo.Links, _silo.Time);

    /// <summary>For inboxes, and to close connections: what shards deliver goes by links of their own.</summary>
    public IInboxDelivery? Edge(string edgeId)
    {
        if (_edges.TryGetValue(edgeId, out var known))
            return known;
        if (_silo.Edges.Find(edgeId) is not { } entry)
            return null;
        var link = _edges.GetOrAdd(
            edgeId,
            static (_, made) => new InboxLink(made.Silo.Engine.Edge(made.Entry.Address), made.Silo.Links, made.Silo.Time, made.Logger),
            (Silo: _silo, Entry: entry, Logger: _logger));
        // It may have gone just now.
        if (_silo.Edges.Find(edgeId) is null)
            OnGone(edgeId);
        return link;
    }

    public ValueTask<bool> IsAliveAsync(string edgeId) => _silo.Edges.IsAliveAsync(edgeId);

    public async ValueTask<long> EvictAsync(string tenant, string clientId)
    {
        var edges = await _silo.Edges.ReadAsync().ConfigureAwait(false);
        var epochs = await Task.WhenAll(edges.Select(entry => EvictAsync(entry, tenant, clientId))).ConfigureAwait(false);
        return epochs.DefaultIfEmpty(0).Max();
    }

    public async ValueTask PublishAsync(string tenant, Message message)
    {
        var batch = new PublishBatch();
        batch.Add(message);
        await Link(tenant, this.ShardOf(tenant, message.Topic)).PublishAsync(batch, isAwaited: true).ConfigureAwait(false);
        if (batch.IsNotStored(0))
            throw new StoreUnavailableException("Message not stored.");
    }

    public void Dispose()
    {
        _silo.Edges.Gone -= OnGone;
        foreach (var link in _shards.Values)
            link.End();
        foreach (var link in _edges.Values)
            link.End();
    }

    private ShardLink Link(string tenant, int shard) => _shards.GetOrAdd(
        (tenant, shard),
        static (key, silo) => new ShardLink(
            silo.Silo.Name, isEdge: false, silo.Silo.Engine.Shard(key.Tenant, key.Shard), silo.Silo.NewCursor, silo.Silo.Links, silo.Silo.Time, silo.Logger),
        (Silo: _silo, Logger: _logger));

    private async Task<long> EvictAsync(EdgeEntry entry, string tenant, string clientId)
    {
        var edge = _silo.Engine.Edge(entry.Address);
        try
        {
            return await _retry.CallAsync(
                () => edge.EvictAsync(tenant, clientId, ReasonCode.SessionTakenOver),
                isOver: () => _silo.Edges.Find(entry.EdgeId) is null).ConfigureAwait(false);
        }
        catch (StoreUnavailableException) when (_silo.Edges.Find(entry.EdgeId) is null)
        {
            // It is gone, and so is what it held.
            return 0;
        }
    }

    private void OnGone(string edgeId)
    {
        if (_edges.TryRemove(edgeId, out var link))
            link.End();
    }
}
