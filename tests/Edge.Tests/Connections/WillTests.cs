using Starling.Broker.Tenants.Access;
using Starling.Protocol;
using Starling.Testing;

namespace Starling.Edge.Tests.Connections;

public sealed class WillTests
{
    public static TheoryData<ProtocolVersion> Versions => new(Enum.GetValues<ProtocolVersion>());

    public static TheoryData<ProtocolVersion, QualityOfService> VersionsAndQoS => PublishSubscribeTests.VersionsAndQoS();

    [Theory]
    [MemberData(nameof(VersionsAndQoS))]
    [Trait("Statement", "MQTT5-3.1.2-7")]
    [Trait("Statement", "MQTT5-3.1.2-8")]
    [Trait("Statement", "MQTT5-3.1.2-12")]
    [Trait("Statement", "MQTT5-3.1.2-14")]
    [Trait("Statement", "MQTT311-3.1.2-8")]
    [Trait("Statement", "MQTT311-3.1.2-9")]
    [Trait("Statement", "MQTT311-3.1.2-14")]
    [Trait("Statement", "MQTT311-3.1.2-16")]
    public async Task A_client_whose_connection_is_lost_leaves_its_will_at_its_QoS(ProtocolVersion version, QualityOfService qos)
    {
        await using var broker = await TestBroker.StartAsync();
        await using var watcher = await WatchAsync(broker);
        await using (var client = await broker.OpenAsync(version))
            await client.ConnectAsync(With(version, new() { Topic = "w", Payload = "gone"u8.ToArray(), QoS = qos }));

        var will = await watcher.ExpectMessageAsync();
        (will.Topic, will.Text, will.QoS, will.Retain).ShouldBe(("w", "gone", qos, false));
        await using var late = await WatchAsync(broker, "late");
        await late.ExpectNothingAsync();
    }

    [Theory]
    [MemberData(nameof(Versions))]
    [Trait("Statement", "MQTT5-3.1.2-15")]
    [Trait("Statement", "MQTT311-3.1.2-17")]
    public async Task A_retained_will_is_retained(ProtocolVersion version)
    {
        await using var broker = await TestBroker.StartAsync();
        await using var watcher = await WatchAsync(broker);
        await using (var client = await broker.OpenAsync(version))
            await client.ConnectAsync(With(version, new() { Topic = "w", Payload = "gone"u8.ToArray(), Retain = true }));
        (await watcher.ExpectMessageAsync()).Retain.ShouldBeFalse();

        await using var late = await WatchAsync(broker, "late");

        var will = await late.ExpectMessageAsync();
        (will.Text, will.Retain).ShouldBe(("gone", true));
    }

    [Theory]
    [MemberData(nameof(Versions))]
    [Trait("Statement", "MQTT5-3.1.2-10")]
    [Trait("Statement", "MQTT5-3.14.4-3")]
    [Trait("Statement", "MQTT311-3.1.2-10")]
    [Trait("Statement", "MQTT311-3.14.4-3")]
    public async Task A_client_that_says_goodbye_leaves_no_will(ProtocolVersion version)
    {
        await using var broker = await TestBroker.StartAsync();
        await using var watcher = await WatchAsync(broker);
        await using var client = await broker.OpenAsync(version);
        await client.ConnectAsync(With(version, new() { Topic = "w" }));

        await client.DisconnectAsync();

        await watcher.ExpectNothingAsync();
    }

    [Theory]
    [InlineData(ReasonCode.DisconnectWithWillMessage)]
    [InlineData(ReasonCode.UnspecifiedError)]
    [InlineData(ReasonCode.AdministrativeAction)]
    [Trait("Statement", "MQTT5-3.1.2-8")]
    public async Task A_DISCONNECT_with_another_reason_leaves_the_will(ReasonCode reason)
    {
        await using var broker = await TestBroker.StartAsync();
        await using var watcher = await WatchAsync(broker);
        await using var client = await broker.OpenAsync();
        await client.ConnectAsync(With(ProtocolVersion.Mqtt5, new() { Topic = "w" }));

        await client.DisconnectAsync(reason);

        (await watcher.ExpectMessageAsync()).Topic.ShouldBe("w");
    }

    [Theory]
    [MemberData(nameof(Versions))]
    [Trait("Statement", "MQTT5-3.1.2-8")]
    [Trait("Statement", "MQTT311-3.1.2-8")]
    public async Task A_client_that_breaks_the_protocol_leaves_its_will(ProtocolVersion version)
    {
        await using var broker = await TestBroker.StartAsync();
        await using var watcher = await WatchAsync(broker);
        await using var client = await broker.OpenAsync(version);
        await client.ConnectAsync(With(version, new() { Topic = "w" }));

        await client.SendAsync([0, 0]);

        (await watcher.ExpectMessageAsync()).Topic.ShouldBe("w");
    }

    [Theory]
    [MemberData(nameof(Versions))]
    [Trait("Statement", "MQTT311-3.1.2-12")]
    public async Task A_client_without_a_will_leaves_none_of_an_earlier_connection(ProtocolVersion version)
    {
        uint? expiry = version == ProtocolVersion.Mqtt5 ? 100 : null;
        await using var broker = await TestBroker.StartAsync();
        await using var watcher = await WatchAsync(broker);
        await using var first = await broker.OpenAsync(version);
        await first.ConnectAsync(With(version, new() { Topic = "w" }) with { CleanStart = false, SessionExpiryInterval = expiry });
        await first.DisconnectAsync();

        await using var second = await broker.ConnectAsync("c", version, cleanStart: false, expiry);
        await second.SendAsync([0, 0]);
        await second.ExpectDisconnectedAsync(ReasonCode.MalformedPacket);

        await watcher.ExpectNothingAsync();
    }

    [Theory]
    [MemberData(nameof(Versions), MemberType = typeof(Subscriptions))]
    [Trait("Statement", "MQTT5-3.1.2-10")]
    [Trait("Statement", "MQTT311-3.1.2-10")]
    public async Task A_will_is_published_once(ProtocolVersion version)
    {
        await using var broker = await TestBroker.StartAsync();
        await using var watcher = await WatchAsync(broker);
        var first = await broker.ConnectAsync(With(version, new() { Topic = "w" }) with
        {
            CleanStart = false,
            SessionExpiryInterval = version == ProtocolVersion.Mqtt5 ? 100 : null,
        });
        await first.DisposeAsync();
        await watcher.ExpectMessageAsync();

        await using var second = await broker.ResumeAsync("c", version);
        // It takes the session from the second, which ends as lost.
        await using var third = await broker.ResumeAsync("c", version);

        await watcher.ExpectNothingAsync();
    }

    [Fact]
    [Trait("Statement", "MQTT5-3.1.3-10")]
    public async Task The_properties_of_a_will_arrive_untouched_and_in_order()
    {
        await using var broker = await TestBroker.StartAsync();
        await using var watcher = await WatchAsync(broker);
        byte[] forwarded =
        [
            .. Raw.UserProperty("b", "1"), 3, .. Raw.Text("text"), .. Raw.UserProperty("a", "2"), 8, .. Raw.Text("re/ply"),
            9, .. Raw.Data(0, 255), .. Raw.UserProperty("b", "3"), 1, 1,
        ];
        await using var client = await broker.OpenAsync();
        await client.ConnectAsync(With(ProtocolVersion.Mqtt5, new() { Topic = "w", Payload = "gone"u8.ToArray(), ForwardedProperties = forwarded }));

        await client.DisconnectAsync(ReasonCode.DisconnectWithWillMessage);

        (await watcher.ExpectMessageAsync()).RawForwardedProperties!.Value.ToArray().ShouldBe(forwarded);
    }

    [Fact]
    public async Task A_will_with_an_expiry_counts_it_from_when_it_is_published()
    {
        var time = new ManualTime();
        await using var broker = await TestBroker.StartAsync(time: time);
        await using var watcher = await WatchAsync(broker);
        await using var client = await broker.OpenAsync();
        await client.ConnectAsync(With(ProtocolVersion.Mqtt5, new() { Topic = "w", MessageExpiryInterval = 30 }));
        time.Advance(TimeSpan.FromSeconds(100));

        await client.DisconnectAsync(ReasonCode.DisconnectWithWillMessage);

        (await watcher.ExpectMessageAsync()).Properties.MessageExpiryInterval.ShouldBe(30u);
    }

    [Fact]
    public async Task A_durable_session_that_is_away_gets_a_will()
    {
        await using var broker = await TestBroker.StartAsync();
        await using (var before = await broker.ConnectAsync("watcher", expiry: 100))
        {
            await before.SubscribeAsync("w", QualityOfService.AtLeastOnce);
            await before.DisconnectAsync();
        }

        await using var client = await broker.OpenAsync();
        await client.ConnectAsync(With(ProtocolVersion.Mqtt5, new() { Topic = "w", QoS = QualityOfService.AtLeastOnce }));
        await client.DisconnectAsync(ReasonCode.DisconnectWithWillMessage);
        await using var watcher = await broker.ConnectAsync("watcher", cleanStart: false, expiry: 100);

        (await watcher.ExpectMessageAsync()).Topic.ShouldBe("w");
    }

    [Theory]
    [InlineData("secret", ProtocolVersion.Mqtt31)]
    [InlineData("secret", ProtocolVersion.Mqtt311)]
    [InlineData("secret", ProtocolVersion.Mqtt5)]
    [InlineData("$SYS/broker/uptime", ProtocolVersion.Mqtt5)]
    [Trait("Statement", "MQTT5-3.1.4-2")]
    public async Task A_client_that_may_not_publish_its_will_is_not_authorized(string topic, ProtocolVersion version)
    {
        var deny = new AclRule(Allow: false, AclActions.Publish, AclPattern.Parse("secret"));
        await using var broker = await TestBroker.StartAsync(TestBroker.Demo with { Acl = [deny, .. TestBroker.Demo.Acl] });
        await using var client = await broker.OpenAsync(version);

        (await client.ConnectAsync(With(version, new() { Topic = topic }))).ReasonCode.ShouldBe(ReasonCode.NotAuthorized);

        await client.ExpectClosedAsync();
    }

    [Fact]
    [Trait("Statement", "MQTT5-3.2.2-12")]
    public async Task A_will_over_the_maximum_QoS_is_refused()
    {
        await using var broker = await TestBroker.StartAsync(TestBroker.Demo with { Limits = new() { MaximumQoS = 1 } });
        await using var client = await broker.OpenAsync();

        var connAck = await client.ConnectAsync(With(ProtocolVersion.Mqtt5, new() { Topic = "w", QoS = QualityOfService.ExactlyOnce }));

        connAck.ReasonCode.ShouldBe(ReasonCode.QoSNotSupported);
        await client.ExpectClosedAsync();
    }

    [Fact]
    [Trait("Statement", "MQTT5-3.2.2-13")]
    public async Task A_retained_will_where_retain_is_not_available_is_refused()
    {
        await using var broker = await TestBroker.StartAsync(TestBroker.Demo with { Limits = new() { RetainAvailable = false } });
        await using var client = await broker.OpenAsync();

        var connAck = await client.ConnectAsync(With(ProtocolVersion.Mqtt5, new() { Topic = "w", Retain = true }));

        connAck.ReasonCode.ShouldBe(ReasonCode.RetainNotSupported);
        await client.ExpectClosedAsync();
    }

    [Fact]
    [Trait("Statement", "MQTT311-3.2.2-6")]
    public async Task A_will_that_3_1_1_has_no_return_code_for_is_refused_by_closing()
    {
        await using var broker = await TestBroker.StartAsync(TestBroker.Demo with { Limits = new() { MaximumQoS = 0 } });
        await using var client = await broker.OpenAsync(ProtocolVersion.Mqtt311);

        await client.SendAsync(With(ProtocolVersion.Mqtt311, new() { Topic = "w", QoS = QualityOfService.AtLeastOnce }));

        await client.ExpectClosedAsync();
    }

    [Theory]
    [InlineData("aaaaaaaaaaa")]
    [InlineData("a/b/c/d")]
    public async Task A_will_whose_topic_is_over_a_limit_is_refused(string topic)
    {
        await using var broker = await TestBroker.StartAsync(TestBroker.Demo with { Limits = new() { TopicLength = 10, TopicLevels = 3 } });
        await using var client = await broker.OpenAsync();

        (await client.ConnectAsync(With(ProtocolVersion.Mqtt5, new() { Topic = topic }))).ReasonCode.ShouldBe(ReasonCode.TopicNameInvalid);

        await client.ExpectClosedAsync();
    }

    private static ConnectPacket With(ProtocolVersion version, Will will) =>
        new() { ProtocolVersion = version, ClientIdentifier = "c", Will = will };

    private static async Task<MqttTestClient> WatchAsync(TestBroker broker, string clientId = "watcher")
    {
        var watcher = await broker.ConnectAsync(clientId);
        await watcher.SubscribeAsync("w", QualityOfService.ExactlyOnce);
        return watcher;
    }
}
