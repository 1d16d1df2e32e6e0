using Starling.Broker.Tenants.Quotas;
using Starling.Protocol;
using Starling.Testing;
using static Starling.Edge.Tests.Connections.Subscriptions;

namespace Starling.Edge.Tests.Connections;

public sealed class RetainedTests
{
    [Theory]
    [MemberData(nameof(Versions), MemberType = typeof(Subscriptions))]
    [Trait("Statement", "MQTT5-3.3.1-5")]
    [Trait("Statement", "MQTT311-3.3.1-5")]
    [Trait("Statement", "MQTT311-3.3.1-6")]
    [Trait("Statement", "MQTT311-3.3.1-8")]
    public async Task The_last_retained_message_comes_with_RETAIN_to_a_new_subscription(ProtocolVersion version)
    {
        await using var broker = await TestBroker.StartAsync();
        await using var client = await broker.ConnectAsync("c", version);
        await client.PublishAsync("a/b", "old", QoS2, retain: true);
        await client.PublishAsync("a/b", "new", QoS1, retain: true);

        await client.SubscribeAsync("a/+", QoS2);

        var message = await client.ExpectMessageAsync();
        (message.Text, message.QoS, message.Retain).ShouldBe(("new", QoS1, true));
        await client.ExpectNothingAsync();
    }

    [Theory]
    [MemberData(nameof(Versions), MemberType = typeof(Subscriptions))]
    [Trait("Statement", "MQTT311-3.3.1-7")]
    [Trait("Statement", "MQTT5-3.3.1-5")]
    public async Task A_retained_message_of_QoS_0_replaces_another(ProtocolVersion version)
    {
        await using var broker = await TestBroker.StartAsync();
        await using var client = await broker.ConnectAsync("c", version);
        await client.PublishAsync("a", "one", QoS1, retain: true);
        await client.PublishAsync("a", "zero", QoS0, retain: true);

        await client.SubscribeAsync("a", QoS2);

        var message = await client.ExpectMessageAsync();
        (message.Text, message.QoS).ShouldBe(("zero", QoS0));
    }

    [Theory]
    [MemberData(nameof(Versions), MemberType = typeof(Subscriptions))]
    [Trait("Statement", "MQTT5-3.3.1-6")]
    [Trait("Statement", "MQTT5-3.3.1-7")]
    [Trait("Statement", "MQTT311-3.3.1-10")]
    [Trait("Statement", "MQTT311-3.3.1-11")]
    public async Task An_empty_payload_is_delivered_and_clears_the_topic(ProtocolVersion version)
    {
        await using var broker = await TestBroker.StartAsync();
        await using var client = await broker.ConnectAsync("c", version);
        await using var later = await broker.ConnectAsync("later", version);
        await client.PublishAsync("a", "1", QoS1, retain: true);
        await client.SubscribeAsync("a", QoS1);
        await client.ExpectMessageAsync();

        await client.PublishAsync("a", "", QoS1, retain: true);

        (await client.ExpectMessageAsync()).Payload.Length.ShouldBe(0);
        await later.SubscribeAsync("a", QoS1);
        await later.ExpectNothingAsync();
    }

    [Theory]
    [MemberData(nameof(Versions), MemberType = typeof(Subscriptions))]
    [Trait("Statement", "MQTT5-3.3.1-8")]
    [Trait("Statement", "MQTT311-3.3.1-12")]
    public async Task A_message_without_RETAIN_neither_replaces_nor_clears(ProtocolVersion version)
    {
        await using var broker = await TestBroker.StartAsync();
        await using var client = await broker.ConnectAsync("c", version);
        await client.PublishAsync("a", "kept", QoS1, retain: true);
        await client.PublishAsync("a", "other", QoS1);
        await client.PublishAsync("a", "", QoS1);
        await client.PublishAsync("b", "never kept", QoS1);

        await client.SubscribeAsync(To("a"), To("b"));

        (await client.ExpectMessageAsync()).Text.ShouldBe("kept");
        await client.ExpectNothingAsync();
    }

    [Theory]
    [MemberData(nameof(Versions), MemberType = typeof(Subscriptions))]
    [Trait("Statement", "MQTT5-3.3.1-12")]
    [Trait("Statement", "MQTT311-3.3.1-9")]
    public async Task An_established_subscription_gets_a_retained_message_without_RETAIN(ProtocolVersion version)
    {
        await using var broker = await TestBroker.StartAsync();
        await using var client = await broker.ConnectAsync("c", version);
        await client.SubscribeAsync("a", QoS1);

        await client.PublishAsync("a", "1", QoS1, retain: true);

        (await client.ExpectMessageAsync()).Retain.ShouldBeFalse();
    }

    [Theory]
    [InlineData(true, true)]
    [InlineData(true, false)]
    [InlineData(false, true)]
    [InlineData(false, false)]
    [Trait("Statement", "MQTT5-3.3.1-13")]
    public async Task Retain_as_published_keeps_the_flag(bool retain, bool durable)
    {
        await using var broker = await TestBroker.StartAsync();
        await using var client = await broker.ConnectAsync("c", expiry: durable ? 60u : 0u);
        await client.SubscribeAsync("a", new SubscriptionOptions(QoS1, RetainAsPublished: true));

        await client.PublishAsync("a", "1", QoS1, retain);

        (await client.ExpectMessageAsync()).Retain.ShouldBe(retain);
    }

    [Theory]
    [InlineData(RetainHandling.SendAtSubscribe, true, true)]
    [InlineData(RetainHandling.SendAtSubscribeIfNew, true, false)]
    [InlineData(RetainHandling.DoNotSend, false, false)]
    [Trait("Statement", "MQTT5-3.3.1-9")]
    [Trait("Statement", "MQTT5-3.3.1-10")]
    [Trait("Statement", "MQTT5-3.3.1-11")]
    [Trait("Statement", "MQTT5-3.8.4-4")]
    public async Task Retain_handling_says_when_retained_messages_come(RetainHandling handling, bool first, bool again)
    {
        await using var broker = await TestBroker.StartAsync();
        await using var client = await broker.ConnectAsync("c");
        await client.PublishAsync("a", "1", retain: true);

        foreach (var expected in new[] { first, again })
        {
            await client.SubscribeAsync("a", new SubscriptionOptions(QoS0, RetainHandling: handling));
            if (expected)
                (await client.ExpectMessageAsync()).Retain.ShouldBeTrue();
            await client.ExpectNothingAsync();
        }
    }

    [Fact]
    [Trait("Statement", "MQTT5-3.3.1-10")]
    public async Task A_resumed_subscription_is_not_new()
    {
        await using var broker = await TestBroker.StartAsync();
        await using (var client = await broker.ConnectAsync("c", expiry: 60))
        {
            await client.SubscribeAsync("a");
            await client.PublishAsync("a", "1", retain: true);
            await client.DisconnectAsync();
        }

        await using var back = await broker.ConnectAsync("c", cleanStart: false, expiry: 60);
        await back.SubscribeAsync("a", new SubscriptionOptions(QoS0, RetainHandling: RetainHandling.SendAtSubscribeIfNew));

        await back.ExpectNothingAsync();
    }

    [Fact]
    [Trait("Statement", "MQTT5-3.3.1-10")]
    [Trait("Statement", "MQTT5-3.8.4-5")]
    public async Task A_filter_that_comes_twice_in_one_SUBSCRIBE_is_new_once()
    {
        await using var broker = await TestBroker.StartAsync();
        await using var client = await broker.ConnectAsync("c");
        await client.PublishAsync("a", "1", retain: true);
        var ifNew = new SubscriptionRequest("a", new(QoS0, RetainHandling: RetainHandling.SendAtSubscribeIfNew));

        await client.SubscribeAsync(ifNew, ifNew);

        await client.ExpectMessageAsync();
        await client.ExpectNothingAsync();
    }

    [Theory]
    [MemberData(nameof(Versions), MemberType = typeof(Subscriptions))]
    [Trait("Statement", "MQTT311-3.8.4-3")]
    public async Task Subscribing_again_brings_retained_messages_again(ProtocolVersion version)
    {
        await using var broker = await TestBroker.StartAsync();
        await using var client = await broker.ConnectAsync("c", version);
        await client.PublishAsync("a", "1", retain: true);

        await client.SubscribeAsync("a");
        await client.ExpectMessageAsync();
        await client.SubscribeAsync("a", QoS1);

        (await client.ExpectMessageAsync()).Retain.ShouldBeTrue();
    }

    [Fact]
    public async Task A_replayed_message_has_the_identifier_of_its_own_subscription_only()
    {
        await using var broker = await TestBroker.StartAsync();
        await using var client = await broker.ConnectAsync("c");
        await client.PublishAsync("a", "1", retain: true);
        await client.SubscribeAsync("a", new SubscriptionOptions(QoS0, RetainHandling: RetainHandling.DoNotSend), identifier: 1);

        await client.SubscribeAsync("#", new SubscriptionOptions(QoS0), identifier: 2);

        (await client.ExpectMessageAsync()).Properties.SubscriptionIdentifiers.ShouldBe([2u]);
    }

    [Fact]
    public async Task A_retained_message_expires_and_tells_what_time_is_left()
    {
        var time = new ManualTime();
        await using var broker = await TestBroker.StartAsync(time: time);
        await using var client = await broker.ConnectAsync("c");
        await client.PublishAsync(new PublishMessage
        {
            Topic = "a",
            Payload = "1"u8.ToArray(),
            Retain = true,
            QoS = QoS1,
            Properties = new PublishProperties { MessageExpiryInterval = 60 },
        });

        time.Advance(TimeSpan.FromSeconds(20));
        await client.SubscribeAsync("a", QoS1);
        (await client.ExpectMessageAsync()).Properties.MessageExpiryInterval.ShouldBe(40u);
        time.Advance(TimeSpan.FromSeconds(40));
        await client.SubscribeAsync("a", QoS1);

        await client.ExpectNothingAsync();
    }

    [Fact]
    public async Task A_retained_message_keeps_its_properties()
    {
        await using var broker = await TestBroker.StartAsync();
        await using var client = await broker.ConnectAsync("c");
        var properties = new PublishProperties { ContentType = "text/plain", UserProperties = [new("b", "1"), new("a", "2"), new("b", "1")] };
        await client.PublishAsync(new PublishMessage { Topic = "a", Payload = "1"u8.ToArray(), Retain = true, QoS = QoS1, Properties = properties });

        await client.SubscribeAsync("a");

        var received = (await client.ExpectMessageAsync()).Properties;
        received.ContentType.ShouldBe("text/plain");
        received.UserProperties.ShouldBe(properties.UserProperties);
    }

    [Fact]
    public async Task A_retained_message_over_the_tenants_limit_is_refused()
    {
        await using var broker = await TestBroker.StartAsync(TestBroker.Demo with { Limits = new TenantLimits { RetainedMessages = 1 } });
        await using var client = await broker.ConnectAsync("c");
        await client.PublishAsync("a", "1", QoS1, retain: true);

        (await client.PublishAsync("b", "2", QoS1, retain: true)).ShouldBe(ReasonCode.QuotaExceeded);
    }
}
