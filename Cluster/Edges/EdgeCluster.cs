using System.Collections.Concurrent;
using Starling.Broker.Contracts;
using Starling.Broker.Messages;
using Starling.Broker.Routing;
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
    private readonly RetryPolicy _repetition;
    private volatile Links _links = new("");
    private IEdge? _edge;

    /// <param name="engine">Reaches the others.</param>
    /// <param name="tenants">Says how many shards each has, and which are gone.</param>
    /// <param name="options">The bounds of links.</param>
    /// <param name="newCursor">Makes ids for retained replays.</param>
    /// <param name="time">The clock.</param>
    public EdgeCluster(IClusterEngine engine, ITenantDirectory tenants, LinkOptions options, Func<Guid> newCursor, TimeProvider time)
    {
        _engine = engine;
        _tenants = tenants;
        _shardCounts = new ShardCounts(tenants);
        _options = options;
        _newCursor = newCursor;
        _time = time;
        _repetition = new RetryPolicy(options, time);
        tenants.Changed += OnTenantChanged;
    }

    public bool HasOtherEdges => true;

    /// <summary>The process's edge, once.</summary>
    public void Join(IEdge edge) => _edge = edge;

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

    /// <summary>Only this process's own: edges don't call each other.</summary>
    public IEdge? Edge(string edgeId) => _edge?.Id == edgeId ? _edge : null;

    public async ValueTask<bool> IsAliveAsync(string edgeId)
    {
        var edges = await _repetition.CallAsync(() => _engine.Directory.ReadAsync(silo: null)).ConfigureAwait(false);
        return edges.Any(edge => edge.EdgeId == edgeId);
    }

    /// <summary>Sessions ask for it, and there are none in an edge.</summary>
    ValueTask<long> ICluster.EvictAsync(string tenant, string clientId) => throw new NotSupportedException("There are no sessions in an edge.");

    public async ValueTask PublishAsync(string tenant, Message message)
    {
        var batch = new PublishBatch();
        batch.Add(message);
        await Link(tenant, this.ShardOf(tenant, message.Topic)).PublishAsync(batch, isAwaited: true).ConfigureAwait(false);
        if (batch.IsNotStored(0))
            throw new StoreUnavailableException("The message could not be stored.");
        if (_edge is not null && batch.Outcome(0) < Protocol.ReasonCode.UnspecifiedError)
            await _edge.DeliverAsync(tenant, [message]).ConfigureAwait(false);
    }

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
                made.Id, isEdge: true, made.Self._engine.Shard(key.Tenant, key.Shard), made.Self._newCursor, made.Self._options, made.Self._time),
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
