using Starling.Protocol;
using static Starling.Edge.Tests.Connections.Subscriptions;

namespace Starling.Edge.Tests.Connections;

public sealed class AccessControlTests
{
    [Theory]
    [MemberData(nameof(Versions), MemberType = typeof(Subscriptions))]
    public async Task A_filter_is_granted_when_a_rule_covers_all_of_it(ProtocolVersion version)
    {
        await using var broker = await TestBroker.StartAsync(AclRules.Demo("allow all open/#"));
        await using var client = await broker.ConnectAsync("c", version);

        var subAck = await client.SubscribeAsync(
            To("open"), To("open/+/x"), To("$share/g/open/a"), To("#"), To("+/x"), To("closed"), To("$share/g/closed"), To("$SYS/#"));

        var refused = version == ProtocolVersion.Mqtt5 ? ReasonCode.NotAuthorized : ReasonCode.UnspecifiedError;
        subAck.ReasonCodes.ShouldBe([0, 0, 0, refused, refused, refused, refused, refused]);
    }

    [Fact]
    public async Task A_refused_subscription_brings_nothing_live_or_retained()
    {
        await using var broker = await TestBroker.StartAsync(AclRules.Demo("allow publish #", "allow subscribe open/#"));
        await using var client = await broker.ConnectAsync("c", expiry: 60);
        await client.PublishAsync("closed", "1", QoS1, retain: true);
        await client.SubscribeAsync(To("closed", QoS1), To("$share/g/closed", QoS1));

        await client.PublishAsync("closed", "2", QoS1);

        await client.ExpectNothingAsync();
    }

    [Theory]
    [InlineData(0u, QoS0)]
    [InlineData(0u, QoS1)]
    [InlineData(60u, QoS0)]
    [InlineData(60u, QoS1)]
    public async Task What_a_deny_rule_takes_out_of_a_granted_filter_is_not_delivered(uint expiry, QualityOfService qos)
    {
        await using var broker = await TestBroker.StartAsync(AclRules.Demo("deny subscribe a/secret", "allow all #"));
        await using var publisher = await broker.ConnectAsync("p");
        await publisher.PublishAsync("a/secret", "retained secret", qos, retain: true);
        await publisher.PublishAsync("a/open", "retained", qos, retain: true);
        await publisher.ExpectNothingAsync();
        await using var client = await broker.ConnectAsync("c", expiry: expiry);

        await client.SubscribeAsync("a/#", qos);
        (await client.ExpectMessageAsync()).Text.ShouldBe("retained");
        await publisher.PublishAsync("a/secret", "live secret", qos);
        await publisher.PublishAsync("a/open", "live", qos);
        await publisher.ExpectNothingAsync();

        (await client.ExpectMessageAsync()).Text.ShouldBe("live");
        await client.ExpectNothingAsync();
    }

    [Fact]
    public async Task A_denied_message_does_not_stay_in_the_inbox_and_does_not_stop_it()
    {
        await using var broker = await TestBroker.StartAsync(AclRules.Demo("deny subscribe a/secret", "allow all #"));
        await using var publisher = await broker.ConnectAsync("p");
        await LeaveAsync(broker, "a/#");
        for (var i = 0; i < 3; i++)
        {
            await publisher.PublishAsync("a/secret", "secret", QoS1);
            await publisher.PublishAsync("a/open", $"{i}", QoS1);
        }

        await using (var back = await broker.ConnectAsync("c", cleanStart: false, expiry: 60))
        {
            (await back.ExpectPayloadsAsync(3)).ShouldBe(["0", "1", "2"]);
            await back.ExpectNothingAsync();
            await back.DisconnectAsync();
        }

        broker.Tenants.Apply([TestBroker.Demo]);
        await using var allowed = await broker.ConnectAsync("c", cleanStart: false, expiry: 60);
        await allowed.ExpectNothingAsync();
    }

    [Fact]
    public async Task A_publish_that_is_not_allowed_is_refused_and_reaches_nobody()
    {
        await using var broker = await TestBroker.StartAsync(AclRules.Demo("allow subscribe #", "deny publish a/b", "allow publish a/+"));
        await using var client = await broker.ConnectAsync("c");
        await client.SubscribeAsync("#");

        (await client.PublishAsync("a/b", "1", QoS1)).ShouldBe(ReasonCode.NotAuthorized);
        (await client.PublishAsync("b", "1", QoS2, retain: true)).ShouldBe(ReasonCode.NotAuthorized);
        await client.PublishAsync("a/b", "1", QoS0);
        (await client.PublishAsync("a/c", "allowed", QoS1)).ShouldBe(ReasonCode.Success);

        (await client.ExpectMessageAsync()).Text.ShouldBe("allowed");
        await client.ExpectNothingAsync();
    }

    [Fact]
    public async Task Before_MQTT_5_a_refused_publish_is_acknowledged_and_reaches_nobody()
    {
        await using var broker = await TestBroker.StartAsync(AclRules.Demo("allow subscribe #"));
        await using var client = await broker.ConnectAsync("c", ProtocolVersion.Mqtt311);
        await client.SubscribeAsync("#");

        await client.PublishAsync("a", "1", QoS1);
        await client.PublishAsync("a", "1", QoS2);

        await client.ExpectNothingAsync();
    }

    [Theory]
    [InlineData(0u, "a")]
    [InlineData(0u, "$share/g/a")]
    [InlineData(60u, "a")]
    [InlineData(60u, "$share/g/a")]
    public async Task A_subscription_ends_when_the_rules_forbid_it(uint expiry, string filter)
    {
        await using var broker = await TestBroker.StartAsync();
        await using var publisher = await broker.ConnectAsync("p");
        await using var client = await broker.ConnectAsync("c", expiry: expiry);
        await client.SubscribeAsync(To(filter, QoS1), To("b", QoS1));

        broker.Tenants.Apply([AclRules.Demo("allow publish #", "allow subscribe b")]);
        (await publisher.PublishAsync("a", "1", QoS1)).ShouldBe(ReasonCode.NoMatchingSubscribers);
        await publisher.PublishAsync("b", "2", QoS1);

        (await client.ExpectMessageAsync()).Text.ShouldBe("2");
        (await client.UnsubscribeAsync(filter)).ReasonCodes.ShouldBe([ReasonCode.NoSubscriptionExisted]);
    }

    [Fact]
    public async Task A_topic_published_to_before_is_refused_when_the_rules_forbid_it()
    {
        await using var broker = await TestBroker.StartAsync();
        await using var client = await broker.ConnectAsync("c");
        (await client.PublishAsync("a", "1", QoS1)).ShouldBe(ReasonCode.NoMatchingSubscribers);

        broker.Tenants.Apply([AclRules.Demo("allow subscribe #")]);

        (await client.PublishAsync("a", "1", QoS1)).ShouldBe(ReasonCode.NotAuthorized);
    }

    [Fact]
    public async Task A_stored_subscription_that_is_forbidden_meanwhile_is_gone_on_resume()
    {
        await using var broker = await TestBroker.StartAsync();
        await using var publisher = await broker.ConnectAsync("p");
        await LeaveAsync(broker, "a", "b", "$share/g/a");
        broker.Tenants.Apply([AclRules.Demo("allow publish #", "allow subscribe b")]);
        await publisher.PublishAsync("a", "into the inbox", QoS1);

        await using var back = await broker.ConnectAsync("c", cleanStart: false, expiry: 60);
        await back.ExpectNothingAsync();

        (await publisher.PublishAsync("a", "1", QoS1)).ShouldBe(ReasonCode.NoMatchingSubscribers);
        await publisher.PublishAsync("b", "2", QoS1);
        (await back.ExpectMessageAsync()).Text.ShouldBe("2");
    }

    [Fact]
    public async Task What_came_into_the_inbox_while_it_was_allowed_is_not_delivered_when_it_is_forbidden()
    {
        await using var broker = await TestBroker.StartAsync();
        await using var publisher = await broker.ConnectAsync("p");
        await LeaveAsync(broker, "a", "b");
        await publisher.PublishAsync("a", "1", QoS1);
        await publisher.PublishAsync("b", "2", QoS1);

        broker.Tenants.Apply([AclRules.Demo("allow publish #", "allow subscribe b")]);

        await using var back = await broker.ConnectAsync("c", cleanStart: false, expiry: 60);
        (await back.ExpectMessageAsync()).Text.ShouldBe("2");
        await back.ExpectNothingAsync();
    }

    [Fact]
    public async Task A_will_that_the_client_may_not_publish_is_refused_with_its_CONNECT()
    {
        await using var broker = await TestBroker.StartAsync(AclRules.Demo("allow publish a", "allow subscribe #"));
        await using var client = await broker.OpenAsync();

        var connAck = await client.ConnectAsync(new ConnectPacket { ClientIdentifier = "c", Will = new Will { Topic = "b" } });

        connAck.ReasonCode.ShouldBe(ReasonCode.NotAuthorized);
    }

    private static async Task LeaveAsync(TestBroker broker, params string[] filters)
    {
        await using var client = await broker.ConnectAsync("c", expiry: 60);
        await client.SubscribeAsync([.. filters.Select(filter => To(filter, QoS1))]);
        await client.DisconnectAsync();
    }
}
