using Starling.Broker.Tenants.Quotas;
using Starling.Edge.Configuration;
using Starling.Protocol;
using Starling.Testing;
using static Starling.Edge.Tests.Connections.Subscriptions;

namespace Starling.Edge.Tests.Connections;

/// <summary>Many retained messages at once.</summary>
public sealed class RetainedReplayTests
{
    private const int Many = 3000;

    [Theory]
    [InlineData(ProtocolVersion.Mqtt5, QoS0, 0u)]
    [InlineData(ProtocolVersion.Mqtt5, QoS1, 0u)]
    [InlineData(ProtocolVersion.Mqtt5, QoS0, 60u)]
    [InlineData(ProtocolVersion.Mqtt5, QoS1, 60u)]
    [InlineData(ProtocolVersion.Mqtt5, QoS2, 60u)]
    [InlineData(ProtocolVersion.Mqtt311, QoS1, 0u)]
    public async Task Thousands_come_each_once(ProtocolVersion version, QualityOfService qos, uint expiry)
    {
        await using var broker = await TestBroker.StartAsync();
        await RetainAsync(broker, Many, qos);
        await using var client = await broker.ConnectAsync("c", version, cleanStart: true, version == ProtocolVersion.Mqtt5 ? expiry : null);

        await client.SubscribeAsync("many/#", qos);

        (await client.ExpectPayloadsAsync(Many)).ToHashSet().Count.ShouldBe(Many);
        await client.ExpectNothingAsync();
    }

    [Fact]
    public async Task Large_ones_come_all_though_the_queue_of_the_client_is_small()
    {
        const int Count = 100, Size = 200_000;
        await using var broker = await TestBroker.StartAsync(limits: new LimitOptions { OutgoingQueueBytes = 1024 });
        await using var publisher = await broker.ConnectAsync("p");
        for (var i = 0; i < Count; i++)
            await publisher.PublishAsync(new PublishMessage { Topic = $"large/{i}", Payload = new byte[Size], Retain = true });
        await publisher.ExpectNothingAsync();
        await using var client = await broker.ConnectAsync("c");

        await client.SubscribeAsync("large/+");

        for (var i = 0; i < Count; i++)
            (await client.ExpectMessageAsync()).Payload.Length.ShouldBe(Size);
    }

    [Theory]
    [InlineData(QoS1)]
    [InlineData(QoS2)]
    public async Task A_durable_session_that_leaves_in_the_middle_gets_the_rest_when_it_is_back(QualityOfService qos)
    {
        await using var broker = await TestBroker.StartAsync();
        await RetainAsync(broker, Many, qos);
        var received = new HashSet<string>();
        await using (var client = await broker.ConnectAsync("c", expiry: 60))
        {
            await client.SubscribeAsync("many/#", qos);
            received.UnionWith(await client.ExpectPayloadsAsync(100));
            await client.DisconnectAsync();
        }

        await using var back = await broker.ConnectAsync("c", cleanStart: false, expiry: 60);

        while (received.Count < Many)
            received.Add((await back.ExpectMessageAsync()).Text);
        await back.ExpectNothingAsync();
    }

    [Fact]
    public async Task Other_traffic_goes_on_while_a_client_does_not_acknowledge_its_replay()
    {
        await using var broker = await TestBroker.StartAsync();
        await RetainAsync(broker, Many, QoS1);
        await using var slow = await broker.OpenAsync();
        await slow.ConnectAsync(new ConnectPacket { ClientIdentifier = "slow", SessionExpiryInterval = 60, ReceiveMaximum = 1 });
        await slow.SubscribeAsync("many/#", QoS1);

        await using var other = await broker.ConnectAsync("other");
        await other.SubscribeAsync("live");
        await other.PublishAsync("live", "1", QoS1);

        (await other.ExpectMessageAsync()).Text.ShouldBe("1");
    }

    [Fact]
    [Trait("Statement", "MQTT5-3.10.4-2")]
    public async Task Unsubscribing_ends_a_replay()
    {
        await using var broker = await TestBroker.StartAsync();
        await RetainAsync(broker, Many, QoS1);
        await using var client = await broker.OpenAsync();
        await client.ConnectAsync(new ConnectPacket { ClientIdentifier = "c", SessionExpiryInterval = 60, ReceiveMaximum = 10 });
        await client.SubscribeAsync("many/#", QoS1);
        await client.UnsubscribeAsync("many/#");

        var received = 0;
        await client.SubscribeAsync("end", QoS1);
        await client.PublishAsync("end", "end", QoS1);
        while ((await client.ExpectMessageAsync()).Topic != "end")
            received++;

        received.ShouldBeLessThan(Many, "what was in the inbox is delivered, the rest is not added");
    }

    [Fact]
    public async Task A_session_that_begins_anew_gets_nothing_of_a_replay_that_ran_before()
    {
        await using var broker = await TestBroker.StartAsync();
        await RetainAsync(broker, Many, QoS1);
        await using var first = await broker.OpenAsync();
        await first.ConnectAsync(new ConnectPacket { ClientIdentifier = "c", SessionExpiryInterval = 60, ReceiveMaximum = 1 });
        await first.SubscribeAsync("many/#", QoS1);

        await using var anew = await broker.ConnectAsync("c", cleanStart: true, expiry: 60);
        await anew.PublishAsync("x", "1", QoS1);

        await anew.ExpectNothingAsync();
    }

    [Fact]
    public async Task A_replay_fits_an_inbox_that_holds_little()
    {
        const int Count = 500;
        await using var broker = await TestBroker.StartAsync(TestBroker.Demo with { Limits = new TenantLimits { InboxMessages = 10 } });
        await RetainAsync(broker, Count, QoS1);
        await using var client = await broker.ConnectAsync("c", expiry: 60);

        await client.SubscribeAsync("many/#", QoS1);

        (await client.ExpectPayloadsAsync(Count)).ToHashSet().Count.ShouldBe(Count);
    }

    [Fact]
    public async Task Several_filters_of_one_SUBSCRIBE_are_replayed_each()
    {
        await using var broker = await TestBroker.StartAsync();
        await RetainAsync(broker, 300, QoS0);
        await using var client = await broker.ConnectAsync("c");

        await client.SubscribeAsync(To("many/#"), To("many/7"), To("none"), To("+/8"));

        (await client.ExpectPayloadsAsync(302)).CountBy(p => p).Where(p => p.Value == 2).Select(p => p.Key).Order().ShouldBe(["7", "8"]);
        await client.ExpectNothingAsync();
    }

    private static async Task RetainAsync(TestBroker broker, int count, QualityOfService qos)
    {
        await using var publisher = await broker.ConnectAsync("retainer");
        for (var i = 0; i < count; i += 500)
        {
            var messages = Enumerable.Range(i, Math.Min(500, count - i)).Select(n => new PublishMessage
            {
                Topic = $"many/{n}",
                Payload = System.Text.Encoding.UTF8.GetBytes($"{n}"),
                QoS = qos,
                Retain = true,
                PacketIdentifier = qos == QoS0 ? (ushort)0 : (ushort)(n + 1),
            }).ToArray();
            await publisher.SendAsync([.. messages.SelectMany(m => AnyPacket.Encode(m, ProtocolVersion.Mqtt5))]);
            if (qos == QoS0)
                continue;
            foreach (var message in messages)
            {
                await publisher.ExpectAsync<AckPacket>();
                if (qos != QoS2)
                    continue;
                await publisher.SendAsync(new AckPacket(PacketType.PubRel, message.PacketIdentifier));
            }

            for (var n = 0; qos == QoS2 && n < messages.Length; n++)
                await publisher.ExpectAsync<AckPacket>();
        }

        await publisher.ExpectNothingAsync();
    }
}
