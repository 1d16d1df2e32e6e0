using Starling.Broker.Tenants.Quotas;
using Starling.Protocol;
using Starling.Testing;
using static Starling.Edge.Tests.Connections.Packets;

namespace Starling.Edge.Tests.Connections;

public sealed class TopicAliasTests
{
    [Fact]
    [Trait("Statement", "MQTT5-3.3.2-12")]
    public async Task Every_alias_up_to_the_maximum_is_taken()
    {
        await using var broker = await TestBroker.StartAsync(Allowing(5));
        await using var client = await broker.ConnectAsync("c");
        await client.SubscribeAsync("#");

        for (ushort alias = 1; alias <= 5; alias++)
            await client.SendAsync(Aliased($"t/{alias}", alias));
        for (ushort alias = 1; alias <= 5; alias++)
            await client.SendAsync(Aliased("", alias));

        for (var i = 0; i < 10; i++)
            (await client.ExpectAsync<PublishMessage>()).Topic.ShouldBe($"t/{(i % 5) + 1}");
    }

    [Fact]
    [Trait("Statement", "MQTT5-3.3.2-12")]
    public async Task An_alias_may_be_given_to_another_topic()
    {
        await using var broker = await TestBroker.StartAsync();
        await using var client = await broker.ConnectAsync("c");
        await client.SubscribeAsync("#");

        await client.SendTogetherAsync(Aliased("first", 1), Aliased("", 1), Aliased("second", 1), Aliased("", 1));

        string[] expected = ["first", "first", "second", "second"];
        foreach (var topic in expected)
            (await client.ExpectAsync<PublishMessage>()).Topic.ShouldBe(topic);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    public async Task An_alias_serves_every_QoS(int qos)
    {
        await using var broker = await TestBroker.StartAsync();
        await using var publisher = await broker.ConnectAsync("p");
        await using var subscriber = await broker.ConnectAsync("s");
        await subscriber.SubscribeAsync("a", QualityOfService.ExactlyOnce);
        await publisher.SendAsync(Aliased("a", 1));

        await publisher.PublishAsync(Aliased("", 1) with { QoS = (QualityOfService)qos });

        await subscriber.ExpectMessageAsync();
        (await subscriber.ExpectMessageAsync()).QoS.ShouldBe((QualityOfService)qos);
    }

    [Fact]
    [Trait("Statement", "MQTT5-3.3.2-9")]
    public async Task An_alias_over_the_maximum_is_invalid()
    {
        await using var broker = await TestBroker.StartAsync(Allowing(5));
        await using var client = await broker.ConnectAsync("c");

        await client.SendAsync(Aliased("a", 6));

        await client.ExpectDisconnectedAsync(ReasonCode.TopicAliasInvalid);
        broker.Quotas().Refusals(TenantLimit.TopicAliasMaximum).ShouldBe(1);
    }

    [Fact]
    public async Task Where_no_aliases_are_allowed_the_first_is_invalid()
    {
        await using var broker = await TestBroker.StartAsync(Allowing(0));
        await using var client = await broker.OpenAsync();
        var connAck = await client.ConnectAsync("c");
        connAck.TopicAliasMaximum.ShouldBeNull();

        await client.SendAsync(Aliased("a", 1));

        await client.ExpectDisconnectedAsync(ReasonCode.TopicAliasInvalid);
    }

    [Fact]
    [Trait("Statement", "MQTT5-3.3.2-8")]
    public async Task Alias_0_is_invalid()
    {
        await using var broker = await TestBroker.StartAsync();
        await using var client = await broker.ConnectAsync("c");

        await client.SendAsync(Raw.Packet(0x30, [.. Raw.Text("a"), .. Raw.Props(35, 0, 0)]));

        await client.ExpectDisconnectedAsync(ReasonCode.TopicAliasInvalid);
    }

    [Fact]
    public async Task An_alias_that_has_not_been_set_is_a_protocol_error()
    {
        await using var broker = await TestBroker.StartAsync();
        await using var client = await broker.ConnectAsync("c");

        await client.SendTogetherAsync(Aliased("a", 1), Aliased("", 2));

        await client.ExpectDisconnectedAsync(ReasonCode.ProtocolError);
    }

    [Fact]
    [Trait("Statement", "MQTT5-3.3.2-7")]
    public async Task Aliases_of_a_client_end_with_its_connection_even_if_its_session_goes_on()
    {
        await using var broker = await TestBroker.StartAsync();
        await using (var first = await broker.ResumeAsync("c"))
        {
            await first.SendAsync(Aliased("a", 1));
            await first.ExpectNothingAsync();
        }

        await using var second = await broker.ResumeAsync("c");
        await second.SendAsync(Aliased("", 1));

        await second.ExpectDisconnectedAsync(ReasonCode.ProtocolError);
    }

    [Fact]
    [Trait("Statement", "MQTT5-3.3.2-11")]
    public async Task A_client_that_takes_no_aliases_gets_none()
    {
        await using var broker = await TestBroker.StartAsync();
        await using var publisher = await broker.ConnectAsync("p");
        await using var subscriber = await broker.ConnectAsync("s");
        await subscriber.SubscribeAsync("#");

        await publisher.SendTogetherAsync(Aliased("a", 1), Aliased("", 1));

        for (var i = 0; i < 2; i++)
        {
            var message = await subscriber.ExpectAsync<PublishMessage>();
            message.Topic.ShouldBe("a");
            message.Properties.TopicAlias.ShouldBeNull();
        }
    }

    [Fact]
    [Trait("Statement", "MQTT5-3.3.2-11")]
    public async Task The_broker_sets_aliases_up_to_the_clients_maximum_and_sends_other_topics_whole()
    {
        await using var broker = await TestBroker.StartAsync();
        await using var client = await broker.ConnectAsync(new ConnectPacket { ClientIdentifier = "c", TopicAliasMaximum = 2 });
        await client.SubscribeAsync("#");

        string[] topics = ["a", "b", "c", "a", "b", "c"];
        await client.SendTogetherAsync(topics.Select(topic => (object)Publish(topic)));

        List<(string, ushort?)> received = [];
        for (var i = 0; i < 6; i++)
        {
            var message = await client.ExpectAsync<PublishMessage>();
            received.Add((message.Topic, message.Properties.TopicAlias));
        }

        received.ShouldBe([("a", 1), ("b", 2), ("c", null), ("", 1), ("", 2), ("c", null)]);
    }

    [Fact]
    [Trait("Statement", "MQTT5-3.3.2-7")]
    public async Task Aliases_of_the_broker_end_with_the_connection_even_for_messages_that_are_sent_again()
    {
        await using var broker = await TestBroker.StartAsync();
        var connect = new ConnectPacket { ClientIdentifier = "c", CleanStart = false, SessionExpiryInterval = 60, TopicAliasMaximum = 2 };
        await using (var first = await broker.ConnectAsync(connect))
        {
            await first.SubscribeAsync("a", QualityOfService.AtLeastOnce);
            await first.SendAsync(Publish("a", "x", qos: 1, id: 1));
            await first.ExpectAckAndPublishAsync("x");
        }

        await using var second = await broker.ConnectAsync(connect);

        var again = await second.ExpectPublishAsync("x");
        (again.Topic, again.Properties.TopicAlias).ShouldBe(("a", (ushort?)1));
    }

    private static PublishMessage Aliased(string topic, ushort alias) =>
        Publish(topic) with { Properties = new PublishProperties { TopicAlias = alias } };

    private static Broker.Tenants.TenantOptions Allowing(ushort aliases) =>
        TestBroker.Demo with { Limits = TestBroker.Demo.Limits with { TopicAliasMaximum = aliases } };
}
