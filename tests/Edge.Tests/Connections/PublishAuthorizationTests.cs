using Starling.Broker.Tenants;
using Starling.Broker.Tenants.Access;
using Starling.Protocol;
using static Starling.Edge.Tests.Connections.Packets;

namespace Starling.Edge.Tests.Connections;

public sealed class PublishAuthorizationTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [Trait("Statement", "MQTT5-3.4.2-1")]
    [Trait("Statement", "MQTT5-3.5.2-1")]
    public async Task A_message_to_a_topic_that_is_not_allowed_is_answered_with_not_authorized(int qos)
    {
        await using var broker = await TestBroker.StartAsync(Denying("secret/#"));
        await using var client = await broker.ConnectAsync("c");
        await client.SubscribeAsync("#");

        (await client.PublishAsync("secret/a", "x", (QualityOfService)qos)).ShouldBe(ReasonCode.NotAuthorized);

        await client.ExpectNothingAsync();
        broker.Counters().PublishRefused.Value.ShouldBe(1);
    }

    [Theory]
    [InlineData(ProtocolVersion.Mqtt31, 1)]
    [InlineData(ProtocolVersion.Mqtt311, 1)]
    [InlineData(ProtocolVersion.Mqtt311, 2)]
    [Trait("Statement", "MQTT311-3.3.5-2")]
    public async Task Before_MQTT_5_it_is_acknowledged_and_not_delivered(ProtocolVersion version, int qos)
    {
        await using var broker = await TestBroker.StartAsync(Denying("secret/#"));
        await using var client = await broker.ConnectAsync("c", version);
        await client.SubscribeAsync("#");

        await client.PublishAsync("secret/a", "x", (QualityOfService)qos);

        await client.ExpectNothingAsync();
    }

    [Theory]
    [InlineData(ProtocolVersion.Mqtt311)]
    [InlineData(ProtocolVersion.Mqtt5)]
    public async Task At_QoS_0_it_is_dropped_and_the_connection_goes_on(ProtocolVersion version)
    {
        await using var broker = await TestBroker.StartAsync(Denying("secret/#"));
        await using var client = await broker.ConnectAsync("c", version);
        await client.SubscribeAsync("#");

        await client.SendTogetherAsync(Publish("secret/a"), Publish("a", "allowed"));

        await client.ExpectPublishAsync("allowed");
    }

    [Fact]
    public async Task It_is_not_retained_either()
    {
        await using var broker = await TestBroker.StartAsync(Denying("secret/#"));
        await using var client = await broker.ConnectAsync("c");

        await client.PublishAsync("secret/a", "x", QualityOfService.AtLeastOnce, retain: true);

        broker.Counters().RetainedMessages.Value.ShouldBe(0);
    }

    [Theory]
    [InlineData(ProtocolVersion.Mqtt311)]
    [InlineData(ProtocolVersion.Mqtt5)]
    public async Task Nobody_publishes_to_the_brokers_own_topics(ProtocolVersion version)
    {
        await using var broker = await TestBroker.StartAsync(TestBroker.Demo with
        {
            Acl = [new AclRule(Allow: true, AclActions.All, AclPattern.Parse("#")), new AclRule(Allow: true, AclActions.All, AclPattern.Parse("$SYS/#"))],
        });
        await using var client = await broker.ConnectAsync("c", version);
        await client.SubscribeAsync("$SYS/mine");

        var reason = await client.PublishAsync("$SYS/mine", "x", QualityOfService.AtLeastOnce, retain: true);

        if (version == ProtocolVersion.Mqtt5)
            reason.ShouldBe(ReasonCode.NotAuthorized);
        await client.ExpectNothingAsync();
    }

    [Fact]
    public async Task A_permission_that_is_withdrawn_is_gone_for_the_next_message()
    {
        await using var broker = await TestBroker.StartAsync();
        await using var client = await broker.ConnectAsync("c");
        (await client.PublishAsync("secret/a", "x", QualityOfService.AtLeastOnce)).ShouldBe(ReasonCode.NoMatchingSubscribers);

        broker.Tenants.Apply([Denying("secret/#")]);

        (await client.PublishAsync("secret/a", "x", QualityOfService.AtLeastOnce)).ShouldBe(ReasonCode.NotAuthorized);
    }

    [Fact]
    public async Task An_alias_does_not_go_round_the_rules()
    {
        await using var broker = await TestBroker.StartAsync(Denying("secret/#"));
        await using var client = await broker.ConnectAsync("c");
        var secret = Publish("secret/a") with { QoS = QualityOfService.AtLeastOnce, Properties = new PublishProperties { TopicAlias = 1 } };
        (await client.PublishAsync(secret)).ShouldBe(ReasonCode.NotAuthorized);

        (await client.PublishAsync(secret with { Topic = "" })).ShouldBe(ReasonCode.NotAuthorized);
    }

    private static TenantOptions Denying(string filter) => TestBroker.Demo with
    {
        Acl = [new AclRule(Allow: false, AclActions.Publish, AclPattern.Parse(filter)), .. TestBroker.Demo.Acl],
    };
}
