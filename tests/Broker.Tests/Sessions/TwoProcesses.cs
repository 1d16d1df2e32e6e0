using Microsoft.Extensions.Logging.Abstractions;
using Starling.Broker.Contracts;
using Starling.Broker.Messages;
using Starling.Broker.Metrics;
using Starling.Broker.Retained;
using Starling.Broker.Routing;
using Starling.Broker.Sessions;
using Starling.Broker.Tenants;
using Starling.Broker.Tests.Tenants;
using Starling.Broker.Time;
using Starling.Protocol;
using Starling.Storage.Memory;

namespace Starling.Broker.Tests.Sessions;

/// <summary>
/// Processes that share stores, a shard and edges: <see cref="NewSession"/> gives another object of the session <c>c</c>, as another
/// process would have one, while those before it go on.
/// </summary>
internal sealed class TwoProcesses : ISessionCluster, IShardEdges, IDisposable
{
    private readonly House _house = new(TestCluster.Open);
    private readonly BrokerMetrics _metrics = new();
    private readonly DelayQueue _due;
    private readonly TopicShard _shard;
    private readonly RetainedMessages _retained;
    private Session? _current;

    public TwoProcesses()
    {
        _due = new DelayQueue(_house.Time, NullLogger<DelayQueue>.Instance);
        _retained = new RetainedMessages(_house["t"], new MemoryRetainedStore(), _metrics.For("t"), _due, NullLogger<RetainedMessages>.Instance);
        _shard = new TopicShard(_house["t"], this, this, _retained, NullLogger<TopicShard>.Instance);
    }

    public ScriptedStores Stores { get; } = new();

    public Testing.ManualTime Time => _house.Time;

    /// <summary>Those that live, by name.</summary>
    public Dictionary<string, TestEdge> Edges { get; } = new() { ["e1"] = new TestEdge("e1"), ["e2"] = new TestEdge("e2") };

    public TestEdge Edge => Edges["e1"];

    /// <summary>What edges tell that are asked to close whatever they have of a client.</summary>
    public long Evicted { get; set; }

    public int Evictions { get; private set; }

    public List<Message> Published { get; } = [];

    /// <summary>What a message waits for when a session publishes it.</summary>
    public Func<Task> Publishing { get; set; } = () => Task.CompletedTask;

    /// <summary>An object that the cluster finds from now on.</summary>
    public Session NewSession() => _current = new Session(
        new SessionKey("t", "c"),
        new SessionContext(
            _house["t"],
            this,
            Stores,
            Stores,
            new ClientIdCollisions(_house.Time, _house.Metrics, NullLogger<ClientIdCollisions>.Instance),
            _due,
            _house.Time,
            _metrics.For("t"),
            NullLogger.Instance,
            Idle: static (_, _) => { },
            IsShared: true));

    public static async Task<SessionConnected> ConnectAsync(
        Session session, uint expiry = uint.MaxValue, SessionWill? will = null, string edge = "e1", long attempt = 0, bool cleanStart = false,
        int receiveMaximum = 100)
    {
        var connected = await session.ConnectAsync(new SessionConnect(edge, cleanStart, expiry, will, Address: null, attempt));
        await session.StartAsync(connected.Epoch, receiveMaximum);
        return connected;
    }

    public static Task SubscribeAsync(Session session, long epoch, string filter) => session.SubscribeAsync(
        epoch, [new Subscription(filter, new SubscriptionOptions(QualityOfService.ExactlyOnce), null)]).AsTask();

    public async Task<ReasonCode> PublishAsync(string topic, string payload)
    {
        var batch = new PublishBatch();
        batch.Add(TestCluster.Message(topic, payload));
        await _shard.PublishAsync(batch, origin: null);
        return batch.IsNotStored(0) ? ReasonCode.QuotaExceeded : batch.Outcome(0);
    }

    /// <summary>What the connection has been pushed, each number once.</summary>
    public string[] Received(string edge = "e1") =>
        [.. Edges[edge].Inboxes.GetValueOrDefault("c", []).DistinctBy(entry => entry.Number).Select(entry => TestEdge.Text(entry.Delivery.Message))];

    public int ShardCount(string tenant) => 1;

    public ITopicShard Shard(string tenant, int shard) => _shard;

    public ISession Session(string tenant, string clientId) => _current!;

    IInboxDelivery? ISessionEdges.Edge(string edgeId) => Edges.GetValueOrDefault(edgeId);

    IEdgeDelivery? IShardEdges.Edge(string edgeId) => Edges.GetValueOrDefault(edgeId);

    public ValueTask<bool> IsAliveAsync(string edgeId) => new(Edges.ContainsKey(edgeId));

    public ValueTask<long> EvictAsync(string tenant, string clientId)
    {
        Evictions++;
        return new(Evicted);
    }

    public async ValueTask PublishAsync(string tenant, Message message)
    {
        Published.Add(message);
        await Publishing();
    }

    public void Dispose()
    {
        _retained.Dispose();
        _due.Dispose();
        _metrics.Dispose();
        _house.Dispose();
    }
}
