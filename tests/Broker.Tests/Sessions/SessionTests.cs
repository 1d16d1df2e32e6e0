using Starling.Broker.Contracts;
using Starling.Broker.Messages;
using Starling.Broker.Tenants.Credentials;
using Starling.Protocol;

namespace Starling.Broker.Tests.Sessions;

public sealed class SessionTests : IDisposable
{
    private readonly TestCluster _cluster = new();

    public void Dispose() => _cluster.Dispose();

    [Fact]
    public async Task A_later_connection_closes_the_earlier_one_with_session_taken_over()
    {
        var first = await _cluster.ConnectAsync("c");

        var second = await _cluster.ConnectAsync("c");

        _cluster.Edge.Closed.ShouldBe([("c", first.Epoch, ReasonCode.SessionTakenOver)]);
        second.Epoch.ShouldBeGreaterThan(first.Epoch);
        second.SessionPresent.ShouldBeTrue();
    }

    [Fact]
    public async Task A_connection_that_does_not_close_is_waited_for_five_seconds()
    {
        await _cluster.ConnectAsync("c");
        _cluster.Edge.OnClose = () => new TaskCompletionSource().Task;

        var connecting = _cluster.ConnectAsync("c");
        _cluster.Time.Advance(TimeSpan.FromSeconds(4.9));
        connecting.IsCompleted.ShouldBeFalse();
        _cluster.Time.Advance(TimeSpan.FromSeconds(0.1));

        (await connecting).ReasonCode.ShouldBe(ReasonCode.Success);
    }

    [Fact]
    public async Task A_connection_that_was_taken_over_can_not_do_anything_to_the_session()
    {
        var old = await _cluster.ConnectAsync("c");
        await _cluster.ConnectAsync("c");
        var session = _cluster.Session("c");

        await session.SubscribeAsync(old.Epoch, [Subscription("a")]);
        await session.DisconnectAsync(old.Epoch, new SessionDisconnect(PublishWill: true, ExpirySeconds: 0));

        (await session.StartAsync(old.Epoch, 10)).ShouldBeFalse();
        (await _cluster.ConnectAsync("c")).Subscriptions.ShouldBeEmpty();
        (await _cluster.PublishAsync(TestCluster.Message("a"))).ShouldBe([ReasonCode.NoMatchingSubscribers]);
    }

    [Fact]
    public async Task A_resumed_session_brings_its_subscriptions_and_what_came_meanwhile()
    {
        await SubscribeAndLeaveAsync("c", "a/#");
        await _cluster.PublishAsync(TestCluster.Message("a/1", "one"), TestCluster.Message("a/2", "two"));

        var resumed = await _cluster.ConnectAsync("c");

        resumed.SessionPresent.ShouldBeTrue();
        resumed.Subscriptions.ShouldBe([Subscription("a/#")]);
        _cluster.Edge.InboxPayloadsFor("c").ShouldBe(["one", "two"]);
    }

    [Fact]
    public async Task A_clean_start_discards_the_session()
    {
        await SubscribeAndLeaveAsync("c", "a");
        await _cluster.PublishAsync(TestCluster.Message("a"));

        var clean = await _cluster.ConnectAsync("c", cleanStart: true);

        clean.SessionPresent.ShouldBeFalse();
        clean.Subscriptions.ShouldBeEmpty();
        _cluster.Edge.InboxPayloadsFor("c").ShouldBeEmpty();
        (await _cluster.PublishAsync(TestCluster.Message("a"))).ShouldBe([ReasonCode.NoMatchingSubscribers]);
    }

    [Fact]
    public async Task A_session_ends_at_its_expiry_and_not_before()
    {
        await SubscribeAndLeaveAsync("c", "a", expiry: 60);

        _cluster.Time.Advance(TimeSpan.FromSeconds(59.9));
        (await _cluster.PublishAsync(TestCluster.Message("a"))).ShouldBe([ReasonCode.Success]);
        _cluster.Time.Advance(TimeSpan.FromSeconds(0.1));

        (await _cluster.PublishAsync(TestCluster.Message("a"))).ShouldBe([ReasonCode.NoMatchingSubscribers]);
        _cluster.Counters.SessionsExpired.Value.ShouldBe(1);
        _cluster.Counters.InboxMessages.Value.ShouldBe(0);
    }

    [Fact]
    public async Task A_client_that_is_back_stops_the_expiry()
    {
        await SubscribeAndLeaveAsync("c", "a", expiry: 60);
        _cluster.Time.Advance(TimeSpan.FromSeconds(30));
        await _cluster.ConnectAsync("c", expiry: 60);

        _cluster.Time.Advance(TimeSpan.FromSeconds(120));

        (await _cluster.PublishAsync(TestCluster.Message("a"))).ShouldBe([ReasonCode.Success]);
    }

    [Fact]
    public async Task A_disconnect_may_shorten_the_expiry()
    {
        var connected = await _cluster.ConnectAsync("c", expiry: 600);

        await _cluster.DisconnectAsync("c", connected.Epoch, expiry: 0);

        (await _cluster.ConnectAsync("c")).SessionPresent.ShouldBeFalse();
    }

    [Fact]
    public async Task A_replay_into_the_inbox_ends_with_its_subscription()
    {
        var connected = await _cluster.ConnectAsync("c");
        var session = _cluster.Session("c");
        await session.SubscribeAsync(connected.Epoch, [Subscription("a/#")]);
        var delivery = new Delivery(TestCluster.Message("a/1", retain: true), QualityOfService.AtLeastOnce, Retain: true, null);
        (await session.ReplayAsync("a/#", [delivery])).ShouldNotBeNull().Count.ShouldBe(1);

        await session.UnsubscribeAsync(connected.Epoch, ["a/#"]);

        (await session.ReplayAsync("a/#", [delivery])).ShouldBeNull();
        _cluster.Counters.InboxMessages.Value.ShouldBe(1);
    }

    [Fact]
    public async Task A_session_with_nothing_to_remember_is_let_go_and_a_new_one_serves()
    {
        var session = _cluster.Session("c");
        var connected = await _cluster.ConnectAsync("c", expiry: 0);

        await _cluster.DisconnectAsync("c", connected.Epoch);

        _cluster.Session("c").ShouldNotBeSameAs(session);
    }

    [Fact]
    public async Task A_connection_that_comes_to_a_session_that_was_let_go_is_served_by_the_next_one()
    {
        var retired = _cluster.Session("c");
        var first = await _cluster.ConnectAsync("c", expiry: 0);
        await _cluster.DisconnectAsync("c", first.Epoch);

        var connected = await retired.ConnectAsync(new SessionConnect("e1", CleanStart: true, ExpirySeconds: 0, Will: null, Address: null), TestContext.Current.CancellationToken);

        (await _cluster.Session("c").StartAsync(connected.Epoch, 10)).ShouldBeTrue();
    }

    [Fact]
    public async Task A_session_that_waits_to_send_its_will_is_not_let_go()
    {
        var session = _cluster.Session("c");
        var connected = await _cluster.ConnectAsync("c", expiry: 60, will: new SessionWill(TestCluster.Message("w"), 30, null, User.Anonymous));

        await _cluster.DisconnectAsync("c", connected.Epoch, publishWill: true);

        session.IsOver.ShouldBeFalse();
        _cluster.Session("c").ShouldBeSameAs(session);
    }

    private static Subscription Subscription(string filter) => new(filter, new SubscriptionOptions(QualityOfService.AtLeastOnce), null);

    private async Task SubscribeAndLeaveAsync(string clientId, string filter, uint expiry = uint.MaxValue)
    {
        var connected = await _cluster.ConnectAsync(clientId, expiry);
        await _cluster.Session(clientId).SubscribeAsync(connected.Epoch, [Subscription(filter)]);
        await _cluster.DisconnectAsync(clientId, connected.Epoch);
    }
}
