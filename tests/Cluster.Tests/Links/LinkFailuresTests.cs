using System.Diagnostics.Metrics;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Starling.Broker.Contracts;
using Starling.Broker.Messages;
using Starling.Broker.Tests.Tenants;
using Starling.Cluster.Contracts;
using Starling.Cluster.Links;
using Starling.Protocol;
using Starling.Testing;

namespace Starling.Cluster.Tests.Links;

public sealed class LinkFailuresTests : IDisposable
{
    private readonly ManualTime _time = new();
    private readonly CapturedLog<LinkFailures> _log = new();
    private readonly MeterListener _listener = new();
    private readonly List<string> _counted = [];
    private readonly LinkFailures _failures;

    public LinkFailuresTests()
    {
        _failures = new LinkFailures(_time, _log);
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (instrument.Name == "starling.link.call.failures")
                listener.EnableMeasurementEvents(instrument);
        };
        _listener.SetMeasurementEventCallback<long>((_, _, tags, _) =>
        {
            lock (_counted)
                _counted.Add(string.Join(' ', tags.ToArray().Select(tag => tag.Value)));
        });
        _listener.Start();
    }

    public void Dispose()
    {
        _listener.Dispose();
        _failures.Dispose();
    }

    [Fact]
    public async Task A_transfer_that_fails_unexpectedly_is_logged_counted_and_repeated()
    {
        var shard = new FailingShard();
        var link = new ShardLink("unexpected", isEdge: false, shard, () => Guid.Empty, new LinkOptions { Failures = _failures }, _time, NullLogger.Instance);
        var batch = new PublishBatch();
        batch.Add(Message.Create(new Topic("a"), "x"u8, QualityOfService.AtLeastOnce));

        var publishing = link.PublishAsync(batch, isAwaited: true).AsTask();
        await _time.AdvanceUntilAsync(publishing);

        await publishing;
        shard.Calls.ShouldBe(2);
        _log.At(LogLevel.Error).ShouldHaveSingleItem().ShouldContain("shard");
        lock (_counted)
            _counted.ShouldContain("shard unexpected");
    }

    [Fact]
    public void Failures_of_a_kind_are_logged_once_in_an_interval_with_their_number()
    {
        for (var i = 0; i < 5; i++)
            _failures.Report("edge", new RemoteCallException("lost"));
        _failures.Report("edge", new InvalidOperationException("a bug"));

        _log.Lines.Count.ShouldBe(2);

        _time.Advance(TimeSpan.FromSeconds(30));
        _failures.Report("edge", new RemoteCallException("lost"));

        _log.At(LogLevel.Information).Last().ShouldContain("4 more");
    }

    private sealed class FailingShard : IRemoteShard
    {
        public int Calls { get; private set; }

        public ValueTask<ShardReply> TransferAsync(ShardTransfer transfer) => ++Calls == 1
            ? throw new InvalidDataException("A bug.")
            : new(new ShardReply(1, ShardReplyKind.Done, [.. transfer.Messages.Select(_ => ReasonCode.Success)], []));

        public ValueTask SetDurableRouteAsync(string clientId, Subscription subscription) => throw new NotSupportedException();

        public ValueTask RemoveDurableRouteAsync(string clientId, string filter) => throw new NotSupportedException();

        public ValueTask JoinAsync(SharedGroupKey group, SharedMember member) => throw new NotSupportedException();

        public ValueTask LeaveAsync(SharedGroupKey group, string clientId) => throw new NotSupportedException();

        public ValueTask<IReadOnlyList<int>> RedispatchAsync(string except, IReadOnlyList<Delivery> deliveries) => throw new NotSupportedException();

        public ValueTask CompletedAsync(SharedGroupKey group, string clientId, int count) => throw new NotSupportedException();

        public ValueTask<RetainedPage> ReadRetainedAsync(RetainedQuery query) => throw new NotSupportedException();
    }
}
