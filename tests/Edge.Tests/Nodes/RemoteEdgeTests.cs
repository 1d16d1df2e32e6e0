using System.Collections;
using Microsoft.Extensions.Logging.Abstractions;
using Starling.Broker.Contracts;
using Starling.Broker.Messages;
using Starling.Broker.Metrics;
using Starling.Broker.Tenants;
using Starling.Cluster.Contracts;
using Starling.Cluster.Edges;
using Starling.Cluster.Links;
using Starling.Edge.Nodes;
using Starling.Testing;

namespace Starling.Edge.Tests.Nodes;

public sealed class RemoteEdgeTests : IDisposable
{
    private readonly ManualTime _time = new();
    private readonly BrokerMetrics _metrics = new();
    private readonly EdgeNode _node;
    private readonly EdgeCluster _cluster;
    private readonly RemoteEdge _edge;

    public RemoteEdgeTests()
    {
        var tenants = new TenantDirectory(_time, new TenantMetrics(_metrics));
        _node = new EdgeNode(tenants, _metrics, _time);
        _cluster = new EdgeCluster(new NoEngine(), tenants, new LinkOptions(), Guid.NewGuid, _time, NullLogger<EdgeCluster>.Instance);
        _edge = new RemoteEdge(_node, _node.Id, _cluster, new UnclaimedConnections(_node, _cluster, _time, NullLogger.Instance));
    }

    public void Dispose()
    {
        _cluster.Dispose();
        _node.Dispose();
        _metrics.Dispose();
    }

    [Fact]
    public async Task A_transfer_that_failed_unexpectedly_is_carried_out_when_the_shard_repeats_it()
    {
        var messages = new MessagesThatFailOnce();
        var transfer = new EdgeTransfer("acme", 0, Epoch: 3, Number: 1, messages, []);
        await Should.ThrowAsync<InvalidOperationException>(async () => await _edge.TransferAsync(transfer));

        (await _edge.TransferAsync(transfer)).IsOutOfDate.ShouldBeFalse();

        messages.Looks.ShouldBe(2);
    }

    [Fact]
    public async Task A_transfer_of_a_shard_that_has_a_successor_is_refused()
    {
        await _edge.TransferAsync(new EdgeTransfer("acme", 0, Epoch: 3, Number: 1, [], []));

        (await _edge.TransferAsync(new EdgeTransfer("acme", 0, Epoch: 2, Number: 7, [], []))).IsOutOfDate.ShouldBeTrue();
    }

    [Fact]
    public async Task A_copy_of_an_older_transfer_is_not_answered()
    {
        await _edge.TransferAsync(new EdgeTransfer("acme", 0, Epoch: 3, Number: 2, [], []));

        await Should.ThrowAsync<RemoteCallException>(async () => await _edge.TransferAsync(new EdgeTransfer("acme", 0, Epoch: 3, Number: 1, [], [])));
    }

    private sealed class MessagesThatFailOnce : IReadOnlyList<Message>
    {
        public int Looks { get; private set; }

        public int Count => ++Looks == 1 ? throw new InvalidOperationException("Unexpected.") : 0;

        public Message this[int index] => throw new NotSupportedException();

        public IEnumerator<Message> GetEnumerator() => Enumerable.Empty<Message>().GetEnumerator();

        IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
    }

    private sealed class NoEngine : IClusterEngine
    {
        public IEdgeDirectory Directory => throw new NotSupportedException();

        public IRemoteShard Shard(string tenant, int shard) => throw new NotSupportedException();

        public ISession Session(string tenant, string clientId) => throw new NotSupportedException();

        public ITenantShares Shares(string tenant) => throw new NotSupportedException();

        public IRemoteEdge Edge(string address) => throw new NotSupportedException();
    }
}
