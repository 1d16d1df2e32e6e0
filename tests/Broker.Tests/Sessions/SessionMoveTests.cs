using Starling.Broker.Contracts;
using Starling.Broker.Sessions;
using Starling.Broker.Tenants.Credentials;
using Starling.Protocol;

namespace Starling.Broker.Tests.Sessions;

/// <summary>One object of a session goes, or seems to, and another goes on, while the connection lives.</summary>
public sealed class SessionMoveTests : IDisposable
{
    private readonly TwoProcesses _cluster = new();

    public void Dispose() => _cluster.Dispose();

    [Fact]
    public async Task A_connection_is_gone_on_with_as_long_as_its_edge_lives()
    {
        var (_, connected) = await BeginAsync();
        await _cluster.PublishAsync("a", "1");
        var next = _cluster.NewSession();

        await next.WakeAsync();
        await _cluster.PublishAsync("a", "2");

        _cluster.Received().ShouldBe(["1", "2"]);
        _cluster.Edge.Inboxes["c"].Select(entry => entry.Number).ShouldBe([0, 0, _cluster.Edge.Inboxes["c"][^1].Number], "what is not acknowledged comes again");
        _cluster.Published.ShouldBeEmpty();
        _cluster.Stores.StateOf("c")!.Connection!.Epoch.ShouldBe(connected.Epoch);
        (await next.StartAsync(connected.Epoch, 100)).ShouldBeTrue();
    }

    [Fact]
    public async Task A_connection_is_lost_once_when_its_edge_is_gone()
    {
        await BeginAsync(expiry: 60);
        _cluster.Edges.Remove("e1");

        await _cluster.NewSession().WakeAsync();
        await _cluster.NewSession().WakeAsync();

        _cluster.Published.Count.ShouldBe(1);
        _cluster.Stores.StateOf("c")!.Connection.ShouldBeNull();
    }

    [Fact]
    public async Task An_object_that_is_woken_notices_that_its_connection_s_edge_is_gone()
    {
        var session = _cluster.NewSession();
        await TwoProcesses.ConnectAsync(session, expiry: 0);
        session.MayBeReleased.ShouldBeFalse();
        _cluster.Edges.Remove("e1");

        await session.WakeAsync();

        session.IsOver.ShouldBeTrue();
        session.MayBeReleased.ShouldBeTrue();
    }

    [Fact]
    public async Task The_will_of_a_session_that_ends_with_its_connection_goes_to_the_next_object()
    {
        var connected = await TwoProcesses.ConnectAsync(_cluster.NewSession(), expiry: 0, Will());
        var next = _cluster.NewSession();

        await next.DisconnectAsync(connected.Epoch, new SessionDisconnect(PublishWill: true));

        _cluster.Published.Count.ShouldBe(1);
        _cluster.Stores.StateOf("c").ShouldBeNull();
    }

    [Fact]
    public async Task Numbers_are_not_given_twice_in_a_connection_although_their_entries_are_gone()
    {
        var (first, connected) = await BeginAsync();
        for (var i = 0; i < 3000; i++)
        {
            await _cluster.PublishAsync("a", $"{i}");
            await first.AcknowledgeAsync(connected.Epoch, [new InboxAck(_cluster.Edge.Inboxes["c"][^1].Number, Received: false)]);
        }

        await _cluster.NewSession().WakeAsync();
        await _cluster.PublishAsync("a", "new");

        var numbers = _cluster.Edge.Inboxes["c"].Select(entry => entry.Number).ToArray();
        numbers.Length.ShouldBe(3001);
        numbers[^1].ShouldBeGreaterThan(numbers[^2]);
    }

    [Fact]
    public async Task What_a_client_is_done_with_before_the_next_object_has_come_to_it_does_not_come_again()
    {
        var (_, connected) = await BeginAsync(receiveMaximum: 2);
        await _cluster.PublishAsync("a", "1");
        await _cluster.PublishAsync("a", "2");
        var next = _cluster.NewSession();
        var stall = _cluster.Stores.Stalls[nameof(IInboxStore.ReadAsync)] = new TaskCompletionSource();
        await next.WakeAsync();

        await next.AcknowledgeAsync(connected.Epoch, [new InboxAck(1, Received: false)]);
        _cluster.Stores.Stalls.Clear();
        stall.SetResult();
        await next.AcknowledgeAsync(connected.Epoch, [new InboxAck(0, Received: false)]);

        _cluster.Edge.Inboxes["c"].Select(entry => entry.Number).ShouldBe([0, 1, 0]);
        (await next.ReplayAsync("a", [])).ShouldNotBeNull().Count.ShouldBe(0);
        var counted = _cluster.NewSession();
        (await counted.ReplayAsync("a", [])).ShouldNotBeNull().Count.ShouldBe(0);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_connect_that_is_asked_again_is_answered_as_before(bool ofAnother)
    {
        var session = _cluster.NewSession();
        var answer = await TwoProcesses.ConnectAsync(session, expiry: 60, Will(), attempt: 7, cleanStart: true);

        var again = await TwoProcesses.ConnectAsync(ofAnother ? _cluster.NewSession() : session, expiry: 60, Will(), attempt: 7, cleanStart: true);

        (again.Epoch, again.SessionPresent, again.Durable, again.SessionId)
            .ShouldBe((answer.Epoch, answer.SessionPresent, answer.Durable, answer.SessionId));
        _cluster.Edge.Closed.ShouldBeEmpty();
        _cluster.Published.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_connect_of_another_attempt_takes_over_from_the_stored_connection()
    {
        var (_, connected) = await BeginAsync(expiry: 60);

        var second = await TwoProcesses.ConnectAsync(_cluster.NewSession(), edge: "e2");

        _cluster.Edge.Closed.ShouldBe([("c", connected.Epoch, ReasonCode.SessionTakenOver)]);
        second.Epoch.ShouldBeGreaterThan(connected.Epoch);
        second.SessionPresent.ShouldBeTrue();
        _cluster.Published.Count.ShouldBe(1);
    }

    [Fact]
    public async Task A_connection_gets_an_epoch_above_that_of_one_that_only_its_edge_knew()
    {
        _cluster.Evicted = long.MaxValue / 2;
        var session = _cluster.NewSession();

        (await TwoProcesses.ConnectAsync(session, expiry: 0)).Epoch.ShouldBeGreaterThan(_cluster.Evicted);

        _cluster.Evictions.ShouldBe(1);
        await TwoProcesses.ConnectAsync(session, expiry: 0);
        _cluster.Evictions.ShouldBe(1, "now it is known here");
    }

    [Fact]
    public async Task An_object_lets_go_of_a_connected_session_without_a_trace()
    {
        var (first, connected) = await BeginAsync();
        await _cluster.PublishAsync("a", "1");
        first.MayBeReleased.ShouldBeTrue();

        await first.ReleaseAsync();
        _cluster.Time.Advance(TimeSpan.FromMinutes(10));

        first.IsOver.ShouldBeTrue();
        _cluster.Published.ShouldBeEmpty();
        await _cluster.NewSession().AcknowledgeAsync(connected.Epoch, [new InboxAck(0, Received: false)]);
        await _cluster.PublishAsync("a", "2");
        _cluster.Received().ShouldBe(["1", "2"]);
    }

    [Fact]
    public async Task What_an_object_was_about_to_push_when_it_was_let_go_the_next_one_pushes_without_being_asked()
    {
        var (first, _) = await BeginAsync();
        var written = _cluster.Stores.Stalls["AppendAsync"] = new TaskCompletionSource();
        var publishing = _cluster.PublishAsync("a", "1");
        _cluster.NewSession();

        await first.ReleaseAsync();

        _cluster.Received().ShouldBe(["1"]);
        _cluster.Stores.Stalls.Clear();
        written.SetResult();
        (await publishing).ShouldBe(ReasonCode.Success);
    }

    [Fact]
    public async Task An_object_with_nothing_left_to_do_wakes_no_other()
    {
        var (first, connected) = await BeginAsync();
        await _cluster.PublishAsync("a", "1");
        await first.AcknowledgeAsync(connected.Epoch, [new InboxAck(_cluster.Edge.Inboxes["c"][^1].Number, Received: false)]);
        var next = _cluster.NewSession();

        await first.ReleaseAsync();

        next.IsOver.ShouldBeTrue("it has not been loaded");
    }

    private static SessionWill Will() => new(TestCluster.Message("w", "will", publisher: "c"), 0, null, User.Anonymous);

    private async Task<(Session Session, SessionConnected Connected)> BeginAsync(uint expiry = uint.MaxValue, int receiveMaximum = 100)
    {
        var session = _cluster.NewSession();
        var connected = await session.ConnectAsync(
            new SessionConnect("e1", CleanStart: false, expiry, Will(), Address: null, Attempt: 1));
        await session.StartAsync(connected.Epoch, receiveMaximum);
        await TwoProcesses.SubscribeAsync(session, connected.Epoch, "a");
        return (session, connected);
    }
}
