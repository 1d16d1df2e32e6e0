using Starling.Broker.Contracts;
using Starling.Cluster.Contracts;
using Starling.Cluster.Silos;

namespace Starling.Cluster.Tests.Silos;

public sealed class SendersTests
{
    private static readonly ShardReply Done = new(7, ShardReplyKind.Done, [], []);

    private readonly Senders _senders = new();

    [Fact]
    public async Task A_transfer_that_cannot_be_carried_out_fails_for_who_repeats_it_and_is_carried_out_when_it_comes_again()
    {
        var failing = new TaskCompletionSource<ShardReply>();
        await TransferAsync(1, () => Task.FromResult(Done));
        var first = TransferAsync(2, () => failing.Task);
        var repeat = TransferAsync(2, () => throw new InvalidOperationException("It is being carried out."));

        failing.SetException(new InvalidDataException());

        await Should.ThrowAsync<InvalidDataException>(first);
        await Should.ThrowAsync<InvalidDataException>(repeat.WaitAsync(TimeSpan.FromSeconds(10), TestContext.Current.CancellationToken));
        (await TransferAsync(2, () => Task.FromResult(Done))).ShouldBeSameAs(Done);
    }

    [Fact]
    public async Task After_a_failure_older_transfers_are_known_all_the_same()
    {
        await TransferAsync(2, () => Task.FromResult(Done));
        await Should.ThrowAsync<InvalidDataException>(TransferAsync(3, () => throw new InvalidDataException()));

        (await TransferAsync(2, () => throw new InvalidOperationException("It has been carried out."))).ShouldBeSameAs(Done);
        await Should.ThrowAsync<RemoteCallException>(TransferAsync(1, () => Task.FromResult(Done)));
    }

    [Fact]
    public async Task Each_lane_has_numbers_of_its_own()
    {
        await TransferAsync(2, () => Task.FromResult(Done));

        (await TransferAsync(1, () => Task.FromResult(Done), ShardLane.Direct)).ShouldBeSameAs(Done);
    }

    private Task<ShardReply> TransferAsync(long number, Func<Task<ShardReply>> carryOut, ShardLane lane = ShardLane.Stored) =>
        _senders.TransferAsync(new ShardTransfer("e", IsEdge: true, 7, number, null, [], lane), () => null, carryOut).AsTask();
}
