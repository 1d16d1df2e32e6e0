using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using Starling.Broker.Contracts;
using Starling.Broker.Tenants;
using Starling.Cluster.Contracts;
using Starling.Cluster.Links;

namespace Starling.Cluster.Edges;

/// <summary>
/// The cluster as an edge sees it: sessions and shards in other processes. Links belong to the id under which they were made; when the edge
/// begins under another id, they end, and so does what waits for them.
/// </summary>
public sealed class EdgeCluster : ICluster, IDisposable
{
    private readonly IClusterEngine _engine;
    private readonly ShardCounts _shardCounts;
    private readonly ITenantDirectory _tenants;
    private readonly LinkOptions _options;
    private readonly Func<Guid> _newCursor;
    private readonly TimeProvider _time;
    private readonly ILogger<EdgeCluster> _logger;
    private volatile Links _links = new("");

    /// <param name="tenants">Says how many shards each has, and which are gone.</param>
    /// <param name="newCursor">Makes ids for retained replays.</param>
    public EdgeCluster(IClusterEngine engine, ITenantDirectory tenants, LinkOptions options, Func<Guid> newCursor, TimeProvider time, ILogger<EdgeCluster> logger)
    {
        _engine = engine;
        _tenants = tenants;
        _shardCounts = new ShardCounts(tenants);
        _options = options;
        _newCursor = newCursor;
        _time = time;
        _logger = logger;
        tenants.Changed += OnTenantChanged;
    }

    public bool HasOtherEdges => true;

    /// <summary>The edge begins under this id.</summary>
    public void Begin(string edgeId)
    {
        var before = _links;
        _links = new Links(edgeId);
        before.End();
    }

    /// <summary>The edge is none any more: whatever waits for a shard fails.</summary>
    public void End() => _links.End();

    public int ShardCount(string tenant) => _shardCounts.Of(tenant);

    public ITopicShard Shard(string tenant, int shard) => Link(tenant, shard);

    public ISession Session(string tenant, string clientId) => new SessionLink(_engine.Session(tenant, clientId), _options, _time);

    /// <summary>A shard begins, and is told the routes that this edge has there.</summary>
    public EdgeRoutes Announce(string tenant, int shard, long epoch) => Link(tenant, shard).Announce(epoch);

    public void Dispose()
    {
        _tenants.Changed -= OnTenantChanged;
        End();
    }

    private ShardLink Link(string tenant, int shard)
    {
        var links = _links;
        return links.Shards.GetOrAdd(
            (tenant, shard),
            static (key, made) => new ShardLink(
                made.Id, isEdge: true, made.Self._engine.Shard(key.Tenant, key.Shard), made.Self._newCursor, made.Self._options, made.Self._time, made.Self._logger),
            (Id: links.EdgeId, Self: this));
    }

    private void OnTenantChanged(TenantChange change)
    {
        if (!change.IsRemoved)
            return;
        foreach (var key in _links.Shards.Keys.Where(key => key.Tenant == change.Tenant.Name))
        {
            if (_links.Shards.TryRemove(key, out var link))
                link.End();
        }
    }

    private sealed class Links(string edgeId)
    {
        public string EdgeId => edgeId;

        public ConcurrentDictionary<(string Tenant, int Shard), ShardLink> Shards { get; } = new();

        public void End()
        {
            foreach (var link in Shards.Values)
                link.End();
        }
    }
}
