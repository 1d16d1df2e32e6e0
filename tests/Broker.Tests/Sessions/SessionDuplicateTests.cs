using Starling.Broker.Contracts;
using Starling.Broker.Tenants.Credentials;
using Starling.Protocol;

namespace Starling.Broker.Tests.Sessions;

/// <summary>Two objects take themselves for one session, and calls come to either.</summary>
public sealed class SessionDuplicateTests : IDisposable
{
    private readonly TwoProcesses _cluster = new();

    public void Dispose() => _cluster.Dispose();

    [Fact]
    public async Task Messages_that_come_to_either_object_arrive_once_each()
    {
        var one = _cluster.NewSession();
        var connected = await TwoProcesses.ConnectAsync(one);
        await TwoProcesses.SubscribeAsync(one, connected.Epoch, "a");
        var other = _cluster.NewSession();

        for (var i = 0; i < 10; i++)
            await (i % 2 == 0 ? other : one).EnqueueAsync([Delivery($"{i}")]);

        _cluster.Received().ShouldBe(Enumerable.Range(0, 10).Select(i => $"{i}"));
        (await other.ReplayAsync("a", [])).ShouldNotBeNull();
        await other.EnqueueAsync([Delivery("last")]);
        (await other.ReplayAsync("a", [])).ShouldNotBeNull().Count.ShouldBe(11);
    }

    [Fact]
    public async Task An_acknowledgement_that_comes_to_the_object_that_is_not_the_session_any_more_makes_room_all_the_same()
    {
        _cluster.Stores.AnswersRemovals = true;
        var stale = _cluster.NewSession();
        var connected = await TwoProcesses.ConnectAsync(stale, receiveMaximum: 1);
        await TwoProcesses.SubscribeAsync(stale, connected.Epoch, "a");
        var owner = _cluster.NewSession();
        await owner.EnqueueAsync([Delivery("1"), Delivery("2")]);
        _cluster.Received().ShouldBe(["1"]);

        await stale.AcknowledgeAsync(connected.Epoch, [new InboxAck(_cluster.Edge.Inboxes["c"][^1].Number, Received: false)]);

        _cluster.Received().ShouldBe(["1", "2"]);
    }

    [Fact]
    public async Task A_call_of_a_connection_that_the_object_has_not_heard_of_is_carried_out()
    {
        var stale = _cluster.NewSession();
        await stale.WakeAsync();
        var connected = await TwoProcesses.ConnectAsync(_cluster.NewSession());

        await TwoProcesses.SubscribeAsync(stale, connected.Epoch, "a");
        await stale.RecordReceivedAsync(connected.Epoch, [5], []);

        (await _cluster.PublishAsync("a", "1")).ShouldBe(ReasonCode.Success);
        var next = await TwoProcesses.ConnectAsync(_cluster.NewSession(), edge: "e2");
        next.Subscriptions.ShouldHaveSingleItem().Filter.ShouldBe("a");
        next.Received.ShouldBe([(ushort)5]);
    }

    [Fact]
    public async Task A_message_that_comes_to_an_object_that_knew_of_no_session_is_kept()
    {
        var stale = _cluster.NewSession();
        await stale.WakeAsync();
        var owner = _cluster.NewSession();
        await TwoProcesses.ConnectAsync(owner);

        await stale.EnqueueAsync([Delivery("1")]);

        _cluster.Received().ShouldBe(["1"]);
    }

    [Fact]
    public async Task An_expiry_that_another_object_has_called_off_does_not_happen()
    {
        var stale = _cluster.NewSession();
        var first = await TwoProcesses.ConnectAsync(stale, expiry: 60, Will(delay: 30));
        await TwoProcesses.SubscribeAsync(stale, first.Epoch, "a");
        await stale.DisconnectAsync(first.Epoch, SessionDisconnect.Lost);
        await TwoProcesses.ConnectAsync(_cluster.NewSession(), expiry: 60);

        _cluster.Time.Advance(TimeSpan.FromMinutes(5));

        _cluster.Published.ShouldBeEmpty();
        (await _cluster.PublishAsync("a", "1")).ShouldBe(ReasonCode.Success);
        _cluster.Received().ShouldBe(["1"]);
    }

    [Fact]
    public async Task A_connection_that_another_object_has_ended_publishes_no_second_will()
    {
        var stale = _cluster.NewSession();
        var first = await TwoProcesses.ConnectAsync(stale, expiry: 60, Will(delay: 0));
        var owner = _cluster.NewSession();
        await owner.DisconnectAsync(first.Epoch, SessionDisconnect.Lost);
        _cluster.Published.Count.ShouldBe(1);

        await stale.DisconnectAsync(first.Epoch, SessionDisconnect.Lost);

        _cluster.Published.Count.ShouldBe(1);
    }

    [Fact]
    public async Task Two_objects_that_find_a_will_due_do_not_publish_it_in_turns()
    {
        await TwoProcesses.ConnectAsync(_cluster.NewSession(), expiry: 60, Will(delay: 0), edge: "e2");
        _cluster.Edges.Remove("e2");
        var (one, other) = (_cluster.NewSession(), _cluster.NewSession());
        // One publishes until the other one has taken the session and publishes, or has given it up.
        TaskCompletionSource goOn = new();
        _cluster.Publishing = () =>
        {
            goOn.SetResult();
            return (goOn = new TaskCompletionSource()).Task;
        };

        var first = one.WakeAsync().AsTask();
        var second = other.WakeAsync().AsTask();
        await first.WaitAsync(TimeSpan.FromSeconds(10), TestContext.Current.CancellationToken);
        goOn.SetResult();
        await second.WaitAsync(TimeSpan.FromSeconds(10), TestContext.Current.CancellationToken);

        _cluster.Published.Count.ShouldBe(2);
    }

    [Fact]
    public async Task Of_two_that_begin_a_session_at_once_by_two_objects_one_has_it_and_the_other_is_told_to_try_again()
    {
        var (one, other) = (_cluster.NewSession(), _cluster.NewSession());
        var stall = _cluster.Stores.Stalls[nameof(ISessionStore.TakeAsync)] = new TaskCompletionSource();
        var connects = new[] { TwoProcesses.ConnectAsync(one, attempt: 1), TwoProcesses.ConnectAsync(other, edge: "e2", attempt: 2) };
        _cluster.Stores.Stalls.Clear();
        stall.SetResult();

        var connected = await Task.WhenAll(connects);

        connected.ShouldContain(answer => answer.ReasonCode == ReasonCode.ServerBusy, 1);
        var owner = connected.Single(answer => answer.ReasonCode == ReasonCode.Success);
        _cluster.Stores.StateOf("c")!.Connection!.Epoch.ShouldBe(owner.Epoch);
        (_cluster.Edges["e1"].Closed.Count + _cluster.Edges["e2"].Closed.Count).ShouldBe(0);
    }

    [Fact]
    public async Task A_session_that_another_object_has_ended_does_not_come_back()
    {
        var stale = _cluster.NewSession();
        var first = await TwoProcesses.ConnectAsync(stale, expiry: 60);
        var owner = _cluster.NewSession();
        await owner.DisconnectAsync(first.Epoch, new SessionDisconnect(PublishWill: false, ExpirySeconds: 0));

        await stale.DisconnectAsync(first.Epoch, SessionDisconnect.Lost);

        _cluster.Stores.StateOf("c").ShouldBeNull();
        (await TwoProcesses.ConnectAsync(_cluster.NewSession())).SessionPresent.ShouldBeFalse();
    }

    private static Messages.Delivery Delivery(string payload) =>
        new(TestCluster.Message("a", payload), QualityOfService.AtLeastOnce, Retain: false, null);

    private static SessionWill Will(uint delay) => new(TestCluster.Message("w", "will", publisher: "c"), delay, null, User.Anonymous);
}
