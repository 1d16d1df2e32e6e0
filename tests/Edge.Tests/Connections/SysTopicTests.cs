using Starling.Protocol;
using Starling.Testing;
using static Starling.Edge.Tests.Connections.Subscriptions;

namespace Starling.Edge.Tests.Connections;

public sealed class SysTopicTests
{
    private static readonly string[] Names =
    [
        "version", "uptime", "clients/connected", "clients/maximum", "clients/disconnected", "clients/total", "clients/expired",
        "messages/received", "messages/sent", "messages/stored", "publish/messages/received", "publish/messages/sent",
        "publish/messages/dropped", "publish/bytes/received", "publish/bytes/sent", "bytes/received", "bytes/sent",
        "retained messages/count", "store/messages/count", "store/messages/bytes", "subscriptions/count", "shared_subscriptions/count",
    ];

    public static MatrixTheoryData<ProtocolVersion, string> LeadingWildcards => new(
        [ProtocolVersion.Mqtt311, ProtocolVersion.Mqtt5], ["#", "+/broker/uptime", "+/#"]);

    [Theory]
    [MemberData(nameof(Versions), MemberType = typeof(Subscriptions))]
    public async Task A_subscriber_is_sent_all_of_them_at_once_as_retained(ProtocolVersion version)
    {
        await using var broker = await TestBroker.StartAsync();
        await using var client = await broker.ConnectAsync("c", version);
        await client.SubscribeAsync("$SYS/#");

        var received = new List<PublishMessage>();
        foreach (var _ in Names)
            received.Add(await client.ExpectMessageAsync());

        received.ShouldAllBe(message => message.Retain);
        received.Select(message => message.Topic).ShouldBe(Names.Select(name => "$SYS/broker/" + name), ignoreOrder: true);
        await client.ExpectNothingAsync();
    }

    [Fact]
    public async Task They_are_sent_again_every_ten_seconds()
    {
        var time = new ManualTime();
        await using var broker = await TestBroker.StartAsync(time: time);
        await using var client = await broker.ConnectAsync("c");
        await client.SubscribeAsync("$SYS/broker/uptime");
        (await client.ExpectMessageAsync()).Text.ShouldBe("0 seconds");

        time.Advance(TimeSpan.FromSeconds(10));
        var first = await client.ExpectMessageAsync();
        time.Advance(TimeSpan.FromSeconds(10));

        (first.Text, first.Retain).ShouldBe(("10 seconds", false));
        (await client.ExpectMessageAsync()).Text.ShouldBe("20 seconds");
    }

    [Fact]
    public async Task They_say_what_is_there()
    {
        await using var broker = await TestBroker.StartAsync();
        await using (var durable = await broker.ConnectAsync("durable", expiry: 60))
        {
            await durable.SubscribeAsync("a", QoS1);
            await durable.DisconnectAsync();
        }

        await using var client = await broker.ConnectAsync("c");
        await client.SubscribeAsync(To("x"), To("$share/g/y"));
        await client.PublishAsync("a", "12345", QoS1, retain: true);
        await client.PublishAsync("b", "123", QoS1);

        var values = await ReadAsync(client);

        values["clients/connected"].ShouldBe("1");
        values["clients/disconnected"].ShouldBe("1");
        values["clients/total"].ShouldBe("2");
        values["clients/maximum"].ShouldBe("1");
        values["retained messages/count"].ShouldBe("1");
        values["publish/messages/received"].ShouldBe("2");
        values["publish/bytes/received"].ShouldBe("8");
        values["messages/stored"].ShouldBe("2", "one retained, one in an inbox");
        values["store/messages/bytes"].ShouldBe("12");
        values["shared_subscriptions/count"].ShouldBe("1");
        values["subscriptions/count"].ShouldBe("3", "with the one that asks");
        values["version"].ShouldStartWith("starling version ");
    }

    [Theory]
    [MemberData(nameof(LeadingWildcards))]
    [Trait("Statement", "MQTT5-4.7.2-1")]
    [Trait("Statement", "MQTT311-4.7.2-1")]
    public async Task A_filter_that_begins_with_a_wildcard_does_not_bring_them(ProtocolVersion version, string filter)
    {
        var time = new ManualTime();
        await using var broker = await TestBroker.StartAsync(time: time);
        await using var client = await broker.ConnectAsync("c", version);
        await client.SubscribeAsync(filter);

        time.Advance(TimeSpan.FromSeconds(10));

        await client.ExpectNothingAsync();
    }

    [Fact]
    public async Task Nobody_publishes_to_them()
    {
        await using var broker = await TestBroker.StartAsync(AclRules.Demo("allow all #", "allow all $SYS/#"));
        await using var client = await broker.ConnectAsync("c");
        await client.SubscribeAsync("$SYS/own");

        (await client.PublishAsync("$SYS/own", "1", QoS1, retain: true)).ShouldBe(ReasonCode.NotAuthorized);

        await client.ExpectNothingAsync();
    }

    [Fact]
    public async Task No_will_goes_to_them()
    {
        await using var broker = await TestBroker.StartAsync(AclRules.Demo("allow all #", "allow all $SYS/#"));
        await using var client = await broker.OpenAsync();

        var connAck = await client.ConnectAsync(new ConnectPacket { ClientIdentifier = "c", Will = new Will { Topic = "$SYS/own" } });

        connAck.ReasonCode.ShouldBe(ReasonCode.NotAuthorized);
    }

    [Fact]
    public async Task Rules_deny_some_of_them()
    {
        var time = new ManualTime();
        await using var broker = await TestBroker.StartAsync(
            AclRules.Demo("deny subscribe $SYS/broker/clients/#", "allow subscribe $SYS/#"), time);
        await using var client = await broker.ConnectAsync("c");

        await client.SubscribeAsync("$SYS/broker/+/maximum");
        time.Advance(TimeSpan.FromSeconds(10));

        await client.ExpectNothingAsync();
    }

    [Fact]
    public async Task They_tell_nothing_of_another_tenant()
    {
        var acme = TenantIsolationTests.WithUser(TestBroker.Demo with { Name = "acme" });
        await using var broker = await TestBroker.StartAsync(demo: null, time: null, limits: null, acme);
        await using var other = await TenantIsolationTests.ConnectAsync(broker, "acme", "c");
        await other.SubscribeAsync("$share/g/a");
        await other.PublishAsync("a", "1", QoS1, retain: true);
        await using var client = await broker.ConnectAsync("c");

        var values = await ReadAsync(client);

        values["clients/connected"].ShouldBe("1");
        values["publish/messages/received"].ShouldBe("0");
        values["retained messages/count"].ShouldBe("0");
        values["shared_subscriptions/count"].ShouldBe("0");
    }

    private static async Task<Dictionary<string, string>> ReadAsync(MqttTestClient client)
    {
        await client.SubscribeAsync("$SYS/#");
        var values = new Dictionary<string, string>();
        foreach (var _ in Names)
        {
            var message = await client.ExpectMessageAsync();
            values.Add(message.Topic["$SYS/broker/".Length..], message.Text);
        }

        return values;
    }
}
