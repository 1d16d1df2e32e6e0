using Starling.Protocol;
using static Starling.Edge.Tests.Connections.Subscriptions;

namespace Starling.Edge.Tests.Connections;

public sealed class OverlappingSubscriptionTests
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    [Trait("Statement", "MQTT5-3.3.4-2")]
    [Trait("Statement", "MQTT5-3.3.4-3")]
    [Trait("Statement", "MQTT5-3.3.4-4")]
    public async Task One_copy_comes_at_the_highest_QoS_with_all_identifiers(bool durable)
    {
        await using var broker = await TestBroker.StartAsync();
        await using var client = await broker.ConnectAsync("c", expiry: durable ? 60u : 0u);
        await client.SubscribeAsync("a/b", new SubscriptionOptions(QoS0), identifier: 1);
        await client.SubscribeAsync("a/+", new SubscriptionOptions(QoS2), identifier: 268_435_455);
        await client.SubscribeAsync("#", new SubscriptionOptions(QoS1), identifier: 3);
        await client.SubscribeAsync("a/#", new SubscriptionOptions(QoS1));

        await client.PublishAsync("a/b", "1", QoS2);

        var message = await client.ExpectMessageAsync();
        message.QoS.ShouldBe(QoS2);
        message.Properties.SubscriptionIdentifiers.Order().ShouldBe([1u, 3u, 268_435_455u]);
        await client.ExpectNothingAsync();
    }

    [Theory]
    [InlineData(ProtocolVersion.Mqtt311, true)]
    [InlineData(ProtocolVersion.Mqtt311, false)]
    [InlineData(ProtocolVersion.Mqtt31, false)]
    [Trait("Statement", "MQTT311-3.3.5-1")]
    public async Task Older_versions_get_one_copy_at_the_highest_QoS_too(ProtocolVersion version, bool clean)
    {
        await using var broker = await TestBroker.StartAsync();
        await using var client = await broker.ConnectAsync("c", version, cleanStart: clean);
        await client.SubscribeAsync(To("a/b", QoS0), To("a/+", QoS1), To("#", QoS0));

        await client.PublishAsync("a/b", "1", QoS2);

        (await client.ExpectMessageAsync()).QoS.ShouldBe(QoS1);
        await client.ExpectNothingAsync();
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    [Trait("Statement", "MQTT5-3.3.4-5")]
    public async Task Of_two_copies_each_has_the_identifier_of_the_subscription_that_brings_it(bool durable)
    {
        await using var broker = await TestBroker.StartAsync();
        await using var client = await broker.ConnectAsync("c", expiry: durable ? 60u : 0u);
        await client.SubscribeAsync("a/b", new SubscriptionOptions(QoS1), identifier: 1);
        await client.SubscribeAsync("$share/g/a/b", new SubscriptionOptions(QoS1), identifier: 2);
        await client.SubscribeAsync("$share/h/a/#", new SubscriptionOptions(QoS1));

        await client.PublishAsync("a/b", "1", QoS1);

        var copies = new[] { await client.ExpectMessageAsync(), await client.ExpectMessageAsync(), await client.ExpectMessageAsync() };
        copies.Select(copy => string.Join(',', copy.Properties.SubscriptionIdentifiers)).Order(StringComparer.Ordinal).ShouldBe(["", "1", "2"]);
        await client.ExpectNothingAsync();
    }

    [Fact]
    public async Task One_identifier_for_two_subscriptions_that_match_is_there_for_both()
    {
        await using var broker = await TestBroker.StartAsync();
        await using var client = await broker.ConnectAsync("c");
        await client.SubscribeAsync("a/b", new SubscriptionOptions(QoS0), identifier: 7);
        await client.SubscribeAsync("a/#", new SubscriptionOptions(QoS0), identifier: 7);

        await client.PublishAsync("a/b", "1");

        (await client.ExpectMessageAsync()).Properties.SubscriptionIdentifiers.ShouldBe([7u, 7u]);
    }

    [Fact]
    public async Task An_identifier_survives_the_connection_with_its_session()
    {
        await using var broker = await TestBroker.StartAsync();
        await using var publisher = await broker.ConnectAsync("p");
        await using (var client = await broker.ConnectAsync("c", expiry: 60))
        {
            await client.SubscribeAsync("a", new SubscriptionOptions(QoS1), identifier: 9);
            await client.DisconnectAsync();
        }

        await publisher.PublishAsync("a", "away", QoS1);
        await using var back = await broker.ConnectAsync("c", cleanStart: false, expiry: 60);
        await publisher.PublishAsync("a", "back", QoS0);

        (await back.ExpectMessageAsync()).Properties.SubscriptionIdentifiers.ShouldBe([9u]);
        (await back.ExpectMessageAsync()).Properties.SubscriptionIdentifiers.ShouldBe([9u]);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    [Trait("Statement", "MQTT5-3.8.3-3")]
    public async Task No_local_keeps_a_clients_own_messages_from_it(bool durable)
    {
        await using var broker = await TestBroker.StartAsync();
        await using var client = await broker.ConnectAsync("c", expiry: durable ? 60u : 0u);
        await using var other = await broker.ConnectAsync("other");
        await client.SubscribeAsync("a", new SubscriptionOptions(QoS1, NoLocal: true));

        await client.PublishAsync("a", "own", QoS1);
        await other.PublishAsync("a", "other", QoS1);

        (await client.ExpectMessageAsync()).Text.ShouldBe("other");
        await client.ExpectNothingAsync();
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    [Trait("Statement", "MQTT5-3.8.3-3")]
    public async Task A_clients_own_message_comes_by_its_other_subscriptions_alone(bool durable)
    {
        await using var broker = await TestBroker.StartAsync();
        await using var client = await broker.ConnectAsync("c", expiry: durable ? 60u : 0u);
        await client.SubscribeAsync("a/#", new SubscriptionOptions(QoS2, NoLocal: true), identifier: 1);
        await client.SubscribeAsync("a/b", new SubscriptionOptions(QoS1), identifier: 2);

        await client.PublishAsync("a/b", "own", QoS2);

        var message = await client.ExpectMessageAsync();
        message.QoS.ShouldBe(QoS1);
        message.Properties.SubscriptionIdentifiers.ShouldBe([2u]);
    }

    [Fact]
    [Trait("Statement", "MQTT5-3.8.3-3")]
    public async Task No_local_holds_in_a_later_connection_of_the_session()
    {
        await using var broker = await TestBroker.StartAsync();
        await using (var client = await broker.ConnectAsync("c", expiry: 60))
        {
            await client.SubscribeAsync("a", new SubscriptionOptions(QoS1, NoLocal: true));
            await client.PublishAsync("a", "own", QoS1);
            await client.DisconnectAsync();
        }

        await using var back = await broker.ConnectAsync("c", cleanStart: false, expiry: 60);
        await back.PublishAsync("a", "own again", QoS1);

        await back.ExpectNothingAsync();
    }

    [Fact]
    public async Task No_local_holds_for_the_clients_own_will()
    {
        await using var broker = await TestBroker.StartAsync();
        await using var other = await broker.ConnectAsync("other");
        await other.SubscribeAsync("w", QoS1);
        await using (var client = await broker.OpenAsync())
        {
            var will = new Will { Topic = "w", Payload = "will"u8.ToArray(), QoS = QoS1 };
            await client.ConnectAsync(new ConnectPacket { ClientIdentifier = "c", SessionExpiryInterval = 60, Will = will });
            await client.SubscribeAsync("w", new SubscriptionOptions(QoS1, NoLocal: true));
            await client.DisconnectAsync(ReasonCode.DisconnectWithWillMessage);
        }

        (await other.ExpectMessageAsync()).Text.ShouldBe("will");
        await using var back = await broker.ConnectAsync("c", cleanStart: false, expiry: 60);
        await back.ExpectNothingAsync();
    }
}
