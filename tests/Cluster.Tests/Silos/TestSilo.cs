using Microsoft.Extensions.Logging.Abstractions;
using Starling.Broker.Contracts;
using Starling.Broker.Metrics;
using Starling.Broker.Tenants;
using Starling.Broker.Tenants.Quotas;
using Starling.Broker.Tests;
using Starling.Broker.Tests.Tenants;
using Starling.Broker.Time;
using Starling.Cluster.Contracts;
using Starling.Cluster.Links;
using Starling.Cluster.Quotas;
using Starling.Cluster.Silos;
using Starling.Protocol;
using Starling.Storage.Memory;
using Starling.Testing;

namespace Starling.Cluster.Tests.Silos;

/// <summary>A silo whose edges are a test's: they are reached under their ids.</summary>
internal sealed class TestSilo : IClusterEngine, IEdgeDirectory, IShardStore, IDisposable
{
    private readonly House _house = new(TestCluster.Open);
    private readonly BrokerMetrics _metrics = new();
    private readonly DelayQueue _due;
    private readonly LiveEdges _edges;
    private long _epoch = 6;

    public TestSilo()
    {
        _due = new DelayQueue(_house.Time, NullLogger<DelayQueue>.Instance);
        _edges = new LiveEdges("silo", this, new LinkOptions(), _house.Time, NullLogger<LiveEdges>.Instance);
        var stores = new ScriptedStores();
        Owners = new OwnerFactory(new SiloServices(
            "silo", this, _edges, _house.Directory, this, new MemoryRetainedStore(), stores, stores,
            new ClientIdCollisions(_house.Time, _house.Metrics, NullLogger<ClientIdCollisions>.Instance),
            _due, _metrics, new LinkOptions(), () => Guid.Empty, _house.Time, NullLoggerFactory.Instance));
    }

    public OwnerFactory Owners { get; }

    public ManualTime Time => _house.Time;

    public Dictionary<string, RemoteTestEdge> Edges { get; } = [];

    public IEdgeDirectory Directory => this;

    public ITenantShares Shares(string tenant) => new TenantShares(() => new TenantLimits(), Time);

    public RemoteTestEdge Join(string edgeId) => Edges[edgeId] = new RemoteTestEdge();

    /// <summary>The edge's lease has ended, and the silo has heard of it.</summary>
    public async Task LoseAsync(string edgeId)
    {
        Edges.Remove(edgeId);
        await _edges.ReadAsync();
    }

    public IRemoteEdge Edge(string address) => Edges[address];

    public IRemoteShard Shard(string tenant, int shard) => throw new NotSupportedException();

    public ISession Session(string tenant, string clientId) => throw new NotSupportedException();

    public ValueTask<EdgeLease> RenewAsync(string edgeId, string address) => throw new NotSupportedException();

    public ValueTask LeaveAsync(string edgeId) => throw new NotSupportedException();

    public ValueTask<IReadOnlyList<EdgeEntry>> ReadAsync(string? silo) => new([.. Edges.Keys.Select(id => new EdgeEntry(id, id))]);

    public ValueTask<long> TakeAsync(string tenant, int shard) => new(++_epoch);

    public ValueTask<bool> IsCurrentAsync(ShardFencingToken shard) => new(shard.Epoch == _epoch);

    public void Dispose()
    {
        Owners.Dispose();
        _edges.Dispose();
        _due.Dispose();
        _metrics.Dispose();
        _house.Dispose();
    }
}

/// <summary>An edge that tells its routes and takes what it is given, unless a test holds its answers.</summary>
internal sealed class RemoteTestEdge : IRemoteEdge
{
    public EdgeRoutes Routes { get; set; } = new(1, IsComplete: true, [], [], [], []);

    public long Announced { get; private set; }

    public List<EdgeTransfer> Transfers { get; } = [];

    public bool SaysOutOfDate { get; set; }

    public TaskCompletionSource? Holds { get; set; }

    public string[] Topics => [.. Transfers.SelectMany(transfer => transfer.Messages).Select(message => message.Topic.Text)];

    public ValueTask<EdgeReply> TransferAsync(EdgeTransfer transfer)
    {
        Transfers.Add(transfer);
        return new(new EdgeReply(SaysOutOfDate, []));
    }

    public async ValueTask<EdgeRoutes> AnnounceAsync(string tenant, int shard, long epoch)
    {
        if (Holds is { } holds)
            await holds.Task;
        Announced = epoch;
        return Routes;
    }

    public ValueTask PushAsync(InboxPush push) => default;

    public ValueTask<bool> CloseAsync(string tenant, string clientId, long epoch, ReasonCode reason) => new(true);

    public ValueTask<long> EvictAsync(string tenant, string clientId, ReasonCode reason) => new(0);
}
