using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using Starling.Broker.Contracts;
using Starling.Broker.Messages;
using Starling.Broker.Metrics;
using Starling.Broker.Retained;
using Starling.Broker.Routing;
using Starling.Broker.Sessions;
using Starling.Broker.Tenants;
using Starling.Broker.Threading;
using Starling.Broker.Time;

namespace Starling.Broker.Standalone;

/// <summary>
/// The cluster of one process: sessions and shards are objects here, calls are method calls. The objects lock for themselves, for
/// moments; no mailbox stands between a publisher and a shard, so that connections publish on all cores at once.
/// </summary>
public sealed class StandaloneCluster : ICluster, ISessionCluster, IShardEdges
{
    private readonly ConcurrentDictionary<SessionKey, Session> _sessions = new();
    private readonly ConcurrentDictionary<string, Owned> _tenants = new(StringComparer.Ordinal);
    private readonly Lock _creating = new();
    private readonly ITenantDirectory _directory;
    private readonly StandaloneStores _stores;
    private readonly ClientIdCollisions _collisions;
    private readonly DelayQueue _due;
    private readonly TimeProvider _time;
    private readonly BrokerMetrics _metrics;
    private readonly ILoggerFactory _loggers;
    private readonly ILogger<StandaloneCluster> _logger;
    private IEdge? _edge;

    public StandaloneCluster(
        ITenantDirectory directory,
        StandaloneStores stores,
        ClientIdCollisions collisions,
        DelayQueue due,
        TimeProvider time,
        BrokerMetrics metrics,
        ILoggerFactory loggers)
    {
        _directory = directory;
        _stores = stores;
        _collisions = collisions;
        _due = due;
        _time = time;
        _metrics = metrics;
        _loggers = loggers;
        _logger = loggers.CreateLogger<StandaloneCluster>();
        directory.Changed += change =>
        {
            if (change.IsRemoved)
                Remove(change.Tenant);
        };
    }

    public bool HasOtherEdges => false;

    /// <summary>The process's edge joins once, before it serves.</summary>
    public void Join(IEdge edge) => _edge = edge;

    public int ShardCount(string tenant) => 1;

    public ITopicShard Shard(string tenant, int shard) => Of(tenant).Shard;

    public ISession Session(string tenant, string clientId) => Session(new SessionKey(tenant, clientId));

    public Session Session(SessionKey key) =>
        _sessions.TryGetValue(key, out var session)
            ? session
            : _sessions.GetOrAdd(key, static (key, owned) => new Session(key, owned.Sessions), Of(key.Tenant));

    IInboxDelivery? ISessionEdges.Edge(string edgeId) => Edge(edgeId);

    IEdgeDelivery? IShardEdges.Edge(string edgeId) => Edge(edgeId);

    public ValueTask<bool> IsAliveAsync(string edgeId) => new(Edge(edgeId) is not null);

    /// <summary>Sessions are in memory as long as they have a connection, so there is none that they don't know of.</summary>
    public ValueTask<long> EvictAsync(string tenant, string clientId) => new(0);

    public async ValueTask PublishAsync(string tenant, Message message)
    {
        var batch = new PublishBatch();
        batch.Add(message);
        await Of(tenant).Shard.PublishAsync(batch, _edge?.Id).ConfigureAwait(false);
        if (batch.IsNotStored(0))
            throw new StoreUnavailableException("Message not stored.");
        if (_edge is not null && batch.Outcome(0) < Protocol.ReasonCode.UnspecifiedError)
            await _edge.DeliverAsync(tenant, batch.Messages).ConfigureAwait(false);
    }

    /// <summary>Brings the shards of these tenants up from the stores.</summary>
    public Task LoadAsync(IEnumerable<Tenant> tenants) => Task.WhenAll(tenants.Select(tenant => Of(tenant.Name).Loading));

    /// <summary>Done when the stores have what nobody has waited for: retained messages of QoS 0.</summary>
    public Task FlushAsync() => Task.WhenAll(_tenants.Values.Select(owned => owned.Retained.CommitAsync()));

    private IEdge? Edge(string edgeId) => _edge?.Id == edgeId ? _edge : null;

    private Owned Of(string tenant)
    {
        if (_tenants.TryGetValue(tenant, out var owned))
            return owned;
        lock (_creating)
            return _tenants.GetOrAdd(tenant, static (name, self) => self.Create(name), this);
    }

    private Owned Create(string name)
    {
        if (!_directory.TryGet(name, out var tenant))
            throw new InvalidOperationException($"Tenant '{name}' does not exist.");
        var counters = _metrics.For(name);
        var retained = new RetainedMessages(tenant, _stores.Retained, counters, _due, _loggers.CreateLogger<RetainedMessages>());
        var shard = new TopicShard(tenant, this, this, retained, _loggers.CreateLogger<TopicShard>());
        var sessions = new SessionContext(
            tenant, this, _stores.Sessions, _stores.Inboxes, _collisions, _due, _time, counters, _loggers.CreateLogger<Session>(), Remove);
        return new Owned(shard, retained, sessions, shard.LoadAsync(_stores.Sessions, shard: 0, shards: 1));
    }

    /// <summary>What a removed tenant has stays in the stores; one that comes back with its name begins with that.</summary>
    private void Remove(Tenant tenant)
    {
        if (!_tenants.TryRemove(tenant.Name, out var owned))
            return;
        owned.Retained.Dispose();
        foreach (var key in _sessions.Keys.Where(key => key.Tenant == tenant.Name))
        {
            if (_sessions.TryRemove(key, out var session))
                Background.Run(session.ReleaseForGoodAsync(), _logger, "Release of a session");
        }
    }

    private void Remove(Session session, SessionKey key) =>
        session.TryRelease(() => _sessions.TryRemove(new KeyValuePair<SessionKey, Session>(key, session)));

    private sealed record Owned(TopicShard Shard, RetainedMessages Retained, SessionContext Sessions, Task Loading);
}

/// <summary>Where the state of a standalone broker is kept.</summary>
public sealed record StandaloneStores(IRetainedStore Retained, ISessionStore Sessions, IInboxStore Inboxes);
