using Starling.Broker.Contracts;
using Starling.Cluster.Links;

namespace Starling.Cluster.Tests.Links;

public sealed class TransferDeduplicatorTests
{
    private const string Done = "done";

    private const string Superseded = "superseded";

    private readonly TransferDeduplicator<string> _transfers = new();

    [Fact]
    public async Task A_repeat_gets_the_answer_of_the_first_and_is_not_carried_out()
    {
        await RunAsync(1, () => Task.FromResult(Done));

        (await RunAsync(1, () => throw new InvalidOperationException("It has been carried out."))).ShouldBe(Done);
    }

    [Fact]
    public async Task A_transfer_that_fails_fails_for_its_repeat_too_and_is_carried_out_when_it_comes_again()
    {
        var failing = new TaskCompletionSource<string>();
        await RunAsync(1, () => Task.FromResult(Done));
        var first = RunAsync(2, () => failing.Task);
        var repeat = RunAsync(2, () => throw new InvalidOperationException("It is being carried out."));

        failing.SetException(new InvalidDataException());

        await Should.ThrowAsync<InvalidDataException>(first);
        await Should.ThrowAsync<InvalidDataException>(repeat.WaitAsync(TimeSpan.FromSeconds(10), TestContext.Current.CancellationToken));
        (await RunAsync(2, () => Task.FromResult(Done))).ShouldBe(Done);
    }

    [Fact]
    public async Task The_first_transfer_of_an_epoch_that_fails_is_carried_out_when_it_comes_again()
    {
        await RunAsync(9, () => Task.FromResult(Done), epoch: 1);
        await Should.ThrowAsync<InvalidDataException>(RunAsync(1, () => throw new InvalidDataException(), epoch: 2));

        (await RunAsync(1, () => Task.FromResult("again"), epoch: 2)).ShouldBe("again");
        (await RunAsync(9, () => Task.FromResult(Done), epoch: 1)).ShouldBe(Superseded);
    }

    [Fact]
    public async Task After_a_failure_older_transfers_are_known_all_the_same()
    {
        await RunAsync(2, () => Task.FromResult(Done));
        await Should.ThrowAsync<InvalidDataException>(RunAsync(3, () => throw new InvalidDataException()));

        (await RunAsync(2, () => throw new InvalidOperationException("It has been carried out."))).ShouldBe(Done);
        await Should.ThrowAsync<RemoteCallException>(RunAsync(1, () => Task.FromResult(Done)));
    }

    [Fact]
    public async Task A_transfer_that_is_refused_is_as_if_it_had_not_come()
    {
        (await RunAsync(1, () => throw new InvalidOperationException("It was refused."), refused: "refused")).ShouldBe("refused");

        (await RunAsync(1, () => Task.FromResult(Done))).ShouldBe(Done);
    }

    [Fact]
    public async Task Each_stream_has_numbers_of_its_own()
    {
        await RunAsync(2, () => Task.FromResult(Done));

        (await RunAsync(1, () => Task.FromResult("other"), stream: 1)).ShouldBe("other");
    }

    [Fact]
    public async Task A_sender_that_has_begun_supersedes_the_one_before_and_its_numbers_begin_anew()
    {
        await RunAsync(5, () => Task.FromResult(Done), epoch: 1);

        _transfers.Begin("s", 0, epoch: 2);

        (await RunAsync(6, () => throw new InvalidOperationException("It is superseded."), epoch: 1)).ShouldBe(Superseded);
        (await RunAsync(1, () => Task.FromResult("first"), epoch: 2)).ShouldBe("first");
    }

    [Fact]
    public async Task A_sender_that_is_gone_is_forgotten_with_all_its_streams()
    {
        await RunAsync(5, () => Task.FromResult(Done));
        await RunAsync(5, () => Task.FromResult(Done), stream: 1);

        _transfers.Forget("s");

        (await RunAsync(1, () => Task.FromResult("first"))).ShouldBe("first");
        (await RunAsync(1, () => Task.FromResult("first"), stream: 1)).ShouldBe("first");
    }

    private Task<string> RunAsync(long number, Func<Task<string>> carryOut, int stream = 0, long epoch = 1, string? refused = null) =>
        _transfers.RunAsync(new TransferId("s", stream, epoch, number), carryOut, () => refused, Superseded).AsTask();
}
