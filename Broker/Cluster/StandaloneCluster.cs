using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using Starling.Broker.Messages;
using Starling.Broker.Metrics;
using Starling.Broker.Retained;
using Starling.Broker.Routing;
using Starling.Broker.Sessions;
using Starling.Broker.Tenants;
using Starling.Broker.Tenants.Collisions;
using Starling.Broker.Time;

namespace Starling.Broker.Cluster;

/// <summary>
/// The cluster of one process: sessions and shards are objects here, calls are method calls. The objects lock for themselves, for
/// moments; no mailbox stands between a publisher and a shard, so that connections publish on all cores at once.
/// </summary>
public sealed class StandaloneCluster : ICluster
{
    private readonly ConcurrentDictionary<SessionKey, Session> _sessions = new();
    private readonly ConcurrentDictionary<string, Owned> _tenants = new(StringComparer.Ordinal);
    private readonly ITenantDirectory _directory;
    private readonly StandaloneStores _stores;
    private readonly ClientIdCollisions _collisions;
    private readonly DueTimes _due;
    private readonly TimeProvider _time;
    private readonly BrokerMetrics _metrics;
    private readonly ILogger<Session> _sessionLogger;
    private IEdge? _edge;

    public StandaloneCluster(
        ITenantDirectory directory,
        StandaloneStores stores,
        ClientIdCollisions collisions,
        DueTimes due,
        TimeProvider time,
        BrokerMetrics metrics,
        ILogger<Session> sessionLogger)
    {
        _directory = directory;
        _stores = stores;
        _collisions = collisions;
        _due = due;
        _time = time;
        _metrics = metrics;
        _sessionLogger = sessionLogger;
    }

    public bool HasOtherEdges => false;

    /// <summary>The process's edge joins once, before it serves.</summary>
    public void Join(IEdge edge) => _edge = edge;

    public int ShardCount(string tenant) => 1;

    public ITopicShard Shard(string tenant, int shard) => Of(tenant).Shard;

    public ISession Session(string tenant, string clientId)
    {
        var key = new SessionKey(tenant, clientId);
        return _sessions.TryGetValue(key, out var session)
            ? session
            : _sessions.GetOrAdd(key, static (key, owned) => new Session(key, owned.Sessions), Of(tenant));
    }

    public IEdge? Edge(string edgeId) => _edge?.Id == edgeId ? _edge : null;

    public async ValueTask PublishAsync(string tenant, Message message)
    {
        var batch = new PublishBatch();
        batch.Add(message);
        await Of(tenant).Shard.PublishAsync(batch, _edge?.Id).ConfigureAwait(false);
        if (_edge is not null && batch.Outcome(0) < Protocol.ReasonCode.UnspecifiedError)
            await _edge.DeliverAsync(tenant, batch.Messages).ConfigureAwait(false);
    }

    private Owned Of(string tenant) =>
        _tenants.TryGetValue(tenant, out var owned) ? owned : _tenants.GetOrAdd(tenant, static (name, self) => self.Create(name), this);

    private Owned Create(string name)
    {
        if (!_directory.TryGet(name, out var tenant))
            throw new InvalidOperationException($"There is no tenant '{name}'.");
        var retained = new RetainedMessages(tenant, _stores.Retained, _metrics.For(name), _due);
        var sessions = new SessionContext(
            tenant, this, _stores.Sessions, _stores.Inboxes, _collisions, _due, _time, _metrics.For(name), _sessionLogger, Retire);
        return new Owned(new TopicShard(tenant, this, retained), retained, sessions);
    }

    private void Retire(Session session, SessionKey key) =>
        session.TryRetire(() => _sessions.TryRemove(new KeyValuePair<SessionKey, Session>(key, session)));

    private sealed record Owned(TopicShard Shard, RetainedMessages Retained, SessionContext Sessions);
}

/// <summary>Where the state of a standalone broker is kept.</summary>
public sealed record StandaloneStores(IRetainedStore Retained, ISessionStore Sessions, IInboxStore Inboxes);
