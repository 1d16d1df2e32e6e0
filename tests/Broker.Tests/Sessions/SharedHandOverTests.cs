using Starling.Broker.Contracts;
using Starling.Protocol;

namespace Starling.Broker.Tests.Sessions;

public sealed class SharedHandOverTests : IDisposable
{
    private readonly TestCluster _cluster = new();

    public void Dispose() => _cluster.Dispose();

    [Fact]
    public async Task What_a_durable_member_did_not_acknowledge_goes_to_another_when_it_leaves()
    {
        var first = await JoinAsync("first");
        await _cluster.PublishAsync(TestCluster.Message("a", "1"), TestCluster.Message("a", "2"));
        await JoinAsync("second");

        await _cluster.DisconnectAsync("first", first.Epoch);

        _cluster.Edge.InboxPayloadsFor("second").ShouldBe(["1", "2"]);
        (await _cluster.ConnectAsync("first")).SessionPresent.ShouldBeTrue();
        _cluster.Edge.InboxPayloadsFor("first").ShouldBe(["1", "2"], "as at first and not again");
    }

    [Fact]
    public async Task It_stays_when_nobody_else_is_there()
    {
        var first = await JoinAsync("first");
        await _cluster.PublishAsync(TestCluster.Message("a", "1"));
        await _cluster.DisconnectAsync("first", first.Epoch);

        await _cluster.ConnectAsync("first");

        _cluster.Edge.InboxPayloadsFor("first").ShouldBe(["1", "1"]);
    }

    [Fact]
    public async Task It_stays_when_all_others_are_away_too()
    {
        var away = await JoinAsync("away");
        await _cluster.DisconnectAsync("away", away.Epoch);
        var first = await JoinAsync("first");
        await _cluster.PublishAsync(TestCluster.Message("a", "1"));

        await _cluster.DisconnectAsync("first", first.Epoch);
        await _cluster.ConnectAsync("away");

        _cluster.Edge.InboxPayloadsFor("away").ShouldBeEmpty();
    }

    [Fact]
    public async Task A_QoS_2_message_that_was_sent_stays_with_its_member()
    {
        var first = await JoinAsync("first");
        await _cluster.PublishAsync(TestCluster.Message("a", "1", QualityOfService.ExactlyOnce));
        await JoinAsync("second");

        await _cluster.DisconnectAsync("first", first.Epoch);

        _cluster.Edge.InboxPayloadsFor("second").ShouldBeEmpty();
        await _cluster.ConnectAsync("first");
        _cluster.Edge.Inboxes["first"].Count.ShouldBe(2);
        _cluster.Edge.Inboxes["first"][1].Sent.ShouldBeTrue();
    }

    [Fact]
    public async Task A_QoS_2_message_that_was_never_sent_goes_to_another()
    {
        var first = await JoinAsync("first");
        await _cluster.PublishAsync(TestCluster.Message("a", "1", QualityOfService.ExactlyOnce));
        await JoinAsync("second");

        await _cluster.DisconnectAsync("first", first.Epoch, sentBelow: 0);

        _cluster.Edge.InboxPayloadsFor("second").ShouldBe(["1"]);
    }

    [Fact]
    public async Task A_QoS_2_message_that_was_sent_stays_also_when_the_connection_says_late_that_it_is_ready()
    {
        var first = await JoinAsync("first");
        await _cluster.PublishAsync(TestCluster.Message("a", "1", QualityOfService.ExactlyOnce));
        await JoinAsync("second");
        _cluster.Stores.Failures[nameof(IInboxStore.ReadAsync)] = new StoreUnavailableException("away");
        await _cluster.Session("first").StartAsync(first.Epoch, 100);
        _cluster.Stores.Failures.Clear();

        await _cluster.DisconnectAsync("first", first.Epoch, sentBelow: 1);

        _cluster.Edge.InboxPayloadsFor("second").ShouldBeEmpty();
    }

    [Fact]
    public async Task A_session_that_ends_with_its_connection_leaves_its_messages_to_others()
    {
        var first = await JoinAsync("first");
        await _cluster.PublishAsync(TestCluster.Message("a", "1"));
        await JoinAsync("second");

        await _cluster.DisconnectAsync("first", first.Epoch, expiry: 0);

        _cluster.Edge.InboxPayloadsFor("second").ShouldBe(["1"]);
    }

    [Fact]
    public async Task A_session_that_expires_leaves_its_messages_to_others()
    {
        var first = await JoinAsync("first", expiry: 60);
        await _cluster.DisconnectAsync("first", first.Epoch);
        await _cluster.PublishAsync(TestCluster.Message("a", "1"));
        await JoinAsync("second");

        _cluster.Time.Advance(TimeSpan.FromSeconds(60));

        _cluster.Edge.InboxPayloadsFor("second").ShouldBe(["1"]);
    }

    [Fact]
    public async Task A_QoS_2_message_ends_with_the_session_it_was_sent_to()
    {
        var first = await JoinAsync("first", expiry: 60);
        await _cluster.PublishAsync(TestCluster.Message("a", "1", QualityOfService.ExactlyOnce));
        await JoinAsync("second");
        await _cluster.DisconnectAsync("first", first.Epoch);

        _cluster.Time.Advance(TimeSpan.FromSeconds(60));

        _cluster.Edge.InboxPayloadsFor("second").ShouldBeEmpty();
    }

    [Fact]
    public async Task A_session_is_still_there_when_its_messages_could_not_be_left_to_others_during_a_takeover()
    {
        var first = await JoinAsync("first");
        Exception? failure = null;
        _cluster.Edge.OnClose = async () =>
        {
            _cluster.Stores.Failures[nameof(IInboxStore.ReadAsync)] = new StoreUnavailableException("away");
            failure = await Record.ExceptionAsync(() => _cluster.DisconnectAsync("first", first.Epoch));
            _cluster.Stores.Failures.Clear();
        };

        (await _cluster.ConnectAsync("first")).SessionPresent.ShouldBeTrue();

        await _cluster.PublishAsync(TestCluster.Message("a", "1"));
        _cluster.Edge.InboxPayloadsFor("first").ShouldBe(["1"]);
        failure.ShouldBeOfType<StoreUnavailableException>();
    }

    private async Task<SessionConnected> JoinAsync(string clientId, uint expiry = uint.MaxValue)
    {
        var connected = await _cluster.ConnectAsync(clientId, expiry);
        await _cluster.Session(clientId).SubscribeAsync(
            connected.Epoch, [new Subscription("$share/g/a", new SubscriptionOptions(QualityOfService.ExactlyOnce), null)]);
        return connected;
    }
}
