using Starling.Broker.Contracts;
using Starling.Broker.Tenants.Credentials;
using Starling.Broker.Time;
using Starling.Protocol;

namespace Starling.Broker.Tests.Sessions;

/// <summary>What a session that another process has left goes on with.</summary>
public sealed class SessionRestartTests : IDisposable
{
    private TestCluster _cluster = new();

    public void Dispose() => _cluster.Dispose();

    [Fact]
    public async Task A_connection_that_died_with_its_edge_publishes_its_will_once_and_begins_its_expiry()
    {
        await ConnectAsync(expiry: 60, Will(delay: 0));
        _cluster = _cluster.Restart(after: TimeSpan.FromMinutes(10));

        await _cluster.SweepAsync();
        await _cluster.SweepAsync();

        Wills().ShouldBe(["will"]);
        _cluster.Stores.StateOf("c").ShouldNotBeNull().ShouldSatisfyAllConditions(
            state => state.Connection.ShouldBeNull(), state => state.Will.ShouldBeNull(), state => state.ExpiresAt.ShouldBe(Now + 60_000));
        _cluster.Time.Advance(TimeSpan.FromSeconds(60));
        _cluster.Stores.StateOf("c").ShouldBeNull();
        Wills().ShouldBe(["will"]);
    }

    [Fact]
    public async Task A_message_wakes_a_session_and_is_kept_for_it()
    {
        await ConnectAsync(expiry: 60, Will(delay: 0), "a");
        _cluster = _cluster.Restart();

        await _cluster.PublishAsync(TestCluster.Message("a"));
        Wills().ShouldBe(["will"]);
        (await _cluster.ConnectAsync("c")).SessionPresent.ShouldBeTrue();

        _cluster.Edge.InboxPayloadsFor("c").ShouldBe(["1"]);
    }

    [Fact]
    public async Task While_the_clock_is_not_trusted_no_stored_session_is_ended_for_its_age()
    {
        await LoseAsync(expiry: 60, Will(delay: 0));
        _cluster = _cluster.Restart(after: TimeSpan.FromMinutes(10));
        var clock = new BrokerClock(_cluster.Time) { IsTrusted = false };

        await _cluster.SweepAsync(clock);
        _cluster.Stores.StateOf("c").ShouldNotBeNull();
        clock.IsTrusted = true;
        await _cluster.SweepAsync(clock);

        _cluster.Stores.StateOf("c").ShouldBeNull();
    }

    [Fact]
    public async Task A_delayed_will_goes_on_waiting_and_is_published_once_at_its_time()
    {
        await LoseAsync(expiry: 600, Will(delay: 60));
        _cluster = _cluster.Restart(after: TimeSpan.FromSeconds(20));
        await _cluster.Session("c").WakeAsync();

        _cluster.Time.Advance(TimeSpan.FromSeconds(39.9));
        Wills().ShouldBeEmpty();
        _cluster.Time.Advance(TimeSpan.FromSeconds(0.1));

        Wills().ShouldBe(["will"]);
        _cluster.Stores.StateOf("c").ShouldNotBeNull().Will.ShouldBeNull("it is not to be published again");
        _cluster = _cluster.Restart();
        await _cluster.SweepAsync();
        Wills().ShouldBeEmpty();
    }

    [Fact]
    public async Task A_will_that_came_due_while_no_process_ran_is_published_even_if_its_client_is_back_first()
    {
        await LoseAsync(expiry: 600, Will(delay: 60));
        _cluster = _cluster.Restart(after: TimeSpan.FromSeconds(61));

        (await _cluster.ConnectAsync("c")).SessionPresent.ShouldBeTrue();

        Wills().ShouldBe(["will"]);
    }

    [Fact]
    public async Task A_client_that_is_back_before_its_will_was_due_keeps_it_to_itself()
    {
        await LoseAsync(expiry: 600, Will(delay: 60));
        _cluster = _cluster.Restart(after: TimeSpan.FromSeconds(59));

        await _cluster.ConnectAsync("c", expiry: 600);
        _cluster.Time.Advance(TimeSpan.FromMinutes(9));

        Wills().ShouldBeEmpty();
    }

    [Fact]
    public async Task A_session_that_expired_while_no_process_ran_is_not_gone_on_with()
    {
        await LoseAsync(expiry: 60, will: null, "a");
        _cluster = _cluster.Restart(after: TimeSpan.FromSeconds(60));

        (await _cluster.ConnectAsync("c")).SessionPresent.ShouldBeFalse();

        (await _cluster.PublishAsync(TestCluster.Message("a"))).ShouldBe([ReasonCode.NoMatchingSubscribers]);
    }

    [Fact]
    public async Task The_sweep_removes_a_session_that_expired()
    {
        await LoseAsync(expiry: 60, Will(delay: 600), "a");
        _cluster = _cluster.Restart(after: TimeSpan.FromSeconds(60));

        await _cluster.SweepAsync();

        _cluster.Stores.StateOf("c").ShouldBeNull();
        Wills().ShouldBe(["will"]);
        _cluster.Counters.SessionsExpired.Value.ShouldBe(1);
        _cluster.Counters.SessionsDurable.Value.ShouldBe(0);
        (await _cluster.PublishAsync(TestCluster.Message("a"))).ShouldBe([ReasonCode.NoMatchingSubscribers]);
    }

    [Fact]
    public async Task The_will_of_a_session_that_ends_with_its_connection_is_stored_while_it_is_connected()
    {
        var connected = await ConnectAsync(expiry: 0, Will(delay: 0));
        _cluster.Stores.StateOf("c").ShouldNotBeNull().Will.ShouldNotBeNull();

        await _cluster.DisconnectAsync("c", connected.Epoch);

        _cluster.Stores.StateOf("c").ShouldBeNull();
    }

    [Fact]
    public async Task The_will_of_a_session_that_ended_with_its_process_is_published_and_the_session_is_gone()
    {
        await ConnectAsync(expiry: 0, Will(delay: 0));
        _cluster = _cluster.Restart();

        await _cluster.SweepAsync();

        Wills().ShouldBe(["will"]);
        _cluster.Stores.StateOf("c").ShouldBeNull();
        (await _cluster.ConnectAsync("c")).SessionPresent.ShouldBeFalse();
    }

    [Fact]
    public async Task Waking_a_connected_session_changes_nothing()
    {
        var connected = await ConnectAsync(expiry: 60, Will(delay: 0), "a");
        _cluster.Time.Advance(TimeSpan.FromMinutes(2));

        await _cluster.Session("c").WakeAsync();

        Wills().ShouldBeEmpty();
        (await _cluster.Session("c").StartAsync(connected.Epoch, 10)).ShouldBeTrue();
        await _cluster.PublishAsync(TestCluster.Message("a"));
        _cluster.Edge.InboxPayloadsFor("c").ShouldBe(["1"]);
    }

    [Fact]
    public async Task A_tenant_that_is_back_serves_its_stored_sessions_by_its_new_rules()
    {
        await LoseAsync(expiry: 600, Will(delay: 60), "a");
        var before = _cluster.Session("c");
        _cluster.Directory.Apply([]);
        _cluster.Directory.Apply([TestCluster.Open with { Limits = TestCluster.Open.Limits with { InboxMessages = 1 } }]);

        await _cluster.PublishAsync(TestCluster.Message("a", "old"), TestCluster.Message("a", "new"));
        var back = await _cluster.ConnectAsync("c", expiry: 600);
        _cluster.Time.Advance(TimeSpan.FromMinutes(11));

        _cluster.Session("c").ShouldNotBeSameAs(before);
        back.SessionPresent.ShouldBeTrue();
        _cluster.Edge.InboxPayloadsFor("c").ShouldBe(["new"]);
        Wills().ShouldBeEmpty();
        (await _cluster.PublishAsync(TestCluster.Message("a"))).ShouldBe([ReasonCode.Success], "what was left of the old session did not end the new one");
    }

    private long Now => _cluster.Time.GetUtcNow().ToUnixTimeMilliseconds();

    private static SessionWill Will(uint delay) => new(TestCluster.Message("w", "will", publisher: "c"), delay, null, User.Anonymous);

    private string[] Wills() => [.. _cluster.Edge.Messages.Select(TestEdge.Text)];

    private async Task<SessionConnected> ConnectAsync(uint expiry, SessionWill? will, params string[] filters)
    {
        var connected = await _cluster.ConnectAsync("c", expiry, will: will);
        if (filters.Length > 0)
        {
            await _cluster.Session("c").SubscribeAsync(
                connected.Epoch, [.. filters.Select(filter => new Subscription(filter, new SubscriptionOptions(QualityOfService.AtLeastOnce), null))]);
        }

        return connected;
    }

    private async Task LoseAsync(uint expiry, SessionWill? will, params string[] filters)
    {
        var connected = await ConnectAsync(expiry, will, filters);
        await _cluster.DisconnectAsync("c", connected.Epoch, publishWill: true);
    }
}
