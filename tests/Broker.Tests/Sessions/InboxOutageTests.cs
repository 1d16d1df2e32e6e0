using Starling.Broker.Contracts;

namespace Starling.Broker.Tests.Sessions;

/// <summary>The inbox's store refuses, stalls, or can't be read.</summary>
public sealed class InboxOutageTests : IDisposable
{
    private readonly InboxRig _rig = new();

    public void Dispose() => _rig.Dispose();

    [Fact]
    public async Task What_was_refused_while_an_earlier_message_waits_leaves_no_gap()
    {
        _rig.Start();
        _rig.Store.Stall();
        var waiting = _rig.EnqueueAsync("1");
        _rig.Store.Failure = new StoreUnavailableException("full");
        _rig.Store.FailsAtOnce = true;
        for (var i = 0; i < 3; i++)
            await Should.ThrowAsync<StoreUnavailableException>(() => _rig.EnqueueAsync("refused"));
        _rig.Store.Failure = null;
        var next = _rig.EnqueueAsync("2");
        _rig.Store.Release();
        await Task.WhenAll(waiting, next);

        await _rig.Edge.WaitAsync(2);

        _rig.Edge.Pushed.Select(entry => entry.Number).ShouldBe([0L, 1L]);
        _rig.Edge.TakeTexts().ShouldBe(["1", "2"]);
        _rig.Counters.InboxMessages.Value.ShouldBe(2);
    }

    [Fact]
    public async Task Repeats_are_neither_pushed_nor_counted()
    {
        _rig.Start();
        _rig.Store.IsRepeat = entry => InboxRig.Text(entry) == "again";

        await _rig.EnqueueAsync("1", "again", "2");

        await _rig.Edge.WaitAsync(2);
        _rig.Edge.TakeTexts().ShouldBe(["1", "2"]);
        _rig.Counters.InboxMessages.Value.ShouldBe(2);
        await _rig.AcknowledgeAsync(0, 2);
        (_rig.Counters.InboxMessages.Value, _rig.Counters.InboxBytes.Value).ShouldBe((0, 0));
    }

    [Fact]
    public async Task A_read_that_failed_is_tried_again_after_a_second()
    {
        await _rig.EnqueueAsync("1");
        _rig.Store.ReadFailure = new StoreUnavailableException("away");
        _rig.Start();
        _rig.Time.Advance(TimeSpan.FromSeconds(1));
        _rig.Edge.Pushed.ShouldBeEmpty();
        _rig.Store.ReadFailure = null;

        _rig.Time.Advance(TimeSpan.FromSeconds(1));

        await _rig.Edge.WaitAsync(1);
        _rig.Edge.TakeTexts().ShouldBe(["1"]);
    }
}
