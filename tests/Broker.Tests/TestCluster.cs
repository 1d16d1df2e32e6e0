using System.Net;
using Microsoft.Extensions.Logging.Abstractions;
using Starling.Broker.Contracts;
using Starling.Broker.Messages;
using Starling.Broker.Metrics;
using Starling.Broker.Sessions;
using Starling.Broker.Standalone;
using Starling.Broker.Tenants;
using Starling.Broker.Tenants.Access;
using Starling.Broker.Tenants.Credentials;
using Starling.Broker.Tests.Tenants;
using Starling.Broker.Time;
using Starling.Protocol;
using Starling.Storage.Memory;
using Starling.Testing;

namespace Starling.Broker.Tests;

/// <summary>Sessions and one shard of the tenant <c>t</c>, with a clock of their own and an edge that notes what it is given.</summary>
internal sealed class TestCluster : IDisposable
{
    private readonly House _house;
    private readonly DelayQueue _due;
    private readonly BrokerMetrics _metrics = new();

    /// <param name="options">The tenant, if not <see cref="Open"/>.</param>
    /// <param name="stores">What an earlier process has left.</param>
    /// <param name="edge">What the edge is called; another name with each process.</param>
    /// <param name="retained">Keeps retained messages, if not in memory.</param>
    public TestCluster(TenantOptions? options = null, ScriptedStores? stores = null, string edge = "e1", IRetainedStore? retained = null)
    {
        _house = new House(options ?? Open);
        _due = new DelayQueue(_house.Time, NullLogger<DelayQueue>.Instance);
        Stores = stores ?? new ScriptedStores();
        Edge = new TestEdge(edge);
        Cluster = new StandaloneCluster(
            _house.Directory,
            new StandaloneStores(retained ?? new MemoryRetainedStore(), Stores, Stores),
            new ClientIdCollisions(_house.Time, _house.Metrics, NullLogger<ClientIdCollisions>.Instance),
            _due,
            _house.Time,
            _metrics,
            NullLoggerFactory.Instance);
        Cluster.Join(Edge);
    }

    /// <summary>The tenant: anybody may do anything.</summary>
    public static TenantOptions Open { get; } = new()
    {
        Name = "t",
        Anonymous = new AnonymousAccess([]),
        Acl = [new AclRule(Allow: true, AclActions.All, AclPattern.Parse("#"))],
    };

    public StandaloneCluster Cluster { get; }

    public TestEdge Edge { get; }

    public ScriptedStores Stores { get; }

    public TenantDirectory Directory => _house.Directory;

    public ITopicShard Shard => Cluster.Shard("t", 0);

    public ManualTime Time => _house.Time;

    public Tenant Tenant => _house["t"];

    public TenantCounters Counters => _metrics.For("t");

    public Session Session(string clientId) => (Session)Cluster.Session("t", clientId);

    public static Message Message(
        string topic, string payload = "1", QualityOfService qos = QualityOfService.AtLeastOnce, bool retain = false, string publisher = "p") =>
        Messages.Message.Create(
            new Topic(topic), System.Text.Encoding.UTF8.GetBytes(payload), qos, retain, publisher: new Publisher(publisher, 1));

    /// <summary>Connects a session to the edge and starts it.</summary>
    public async Task<SessionConnected> ConnectAsync(
        string clientId, uint expiry = uint.MaxValue, bool cleanStart = false, SessionWill? will = null, string address = "192.0.2.1", User? user = null)
    {
        var session = Session(clientId);
        var connected = await session.ConnectAsync(new SessionConnect(Edge.Id, cleanStart, expiry, will, IPAddress.Parse(address), User: user));
        Edge.Reachable.Add(clientId);
        await session.StartAsync(connected.Epoch, 100);
        return connected;
    }

    public async Task DisconnectAsync(string clientId, long epoch, bool publishWill = false, uint? expiry = null, long sentBelow = long.MaxValue)
    {
        Edge.Reachable.Remove(clientId);
        await Session(clientId).DisconnectAsync(epoch, new SessionDisconnect(publishWill, expiry, sentBelow));
    }

    /// <summary>The process dies, and another begins on the same stores.</summary>
    public TestCluster Restart(TimeSpan after = default)
    {
        var next = new TestCluster(Open, Stores, Edge.Id + "'");
        next.Time.Advance(Time.GetUtcNow() + after - next.Time.GetUtcNow());
        Dispose();
        return next;
    }

    /// <param name="time">By which it judges, if not <see cref="Time"/>.</param>
    public Task SweepAsync(TimeProvider? time = null)
    {
        var sweep = new SessionSweep(Stores, Directory, Cluster.Session, () => [Edge.Id], time ?? Time, NullLogger<SessionSweep>.Instance);
        return sweep.SweepAsync(TestContext.Current.CancellationToken);
    }

    /// <summary>Publishes through the shard and gives what became of each message.</summary>
    public async Task<ReasonCode[]> PublishAsync(params Message[] messages)
    {
        var batch = new PublishBatch();
        foreach (var message in messages)
            batch.Add(message);
        await Shard.PublishAsync(batch, origin: null);
        return [.. Enumerable.Range(0, messages.Length).Select(batch.Outcome)];
    }

    /// <summary>Whether a store has refused the message, as its publisher has to be told.</summary>
    public async Task<bool> IsNotStoredAsync(Message message)
    {
        var batch = new PublishBatch();
        batch.Add(message);
        await Shard.PublishAsync(batch, origin: null);
        return batch.IsNotStored(0) && batch.Outcome(0) == ReasonCode.QuotaExceeded;
    }

    public void Dispose()
    {
        _due.Dispose();
        _metrics.Dispose();
        _house.Dispose();
    }
}
