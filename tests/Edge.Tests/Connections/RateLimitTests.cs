using Starling.Broker.Tenants;
using Starling.Broker.Tenants.Quotas;
using Starling.Protocol;
using Starling.Testing;
using static Starling.Edge.Tests.Connections.Packets;

namespace Starling.Edge.Tests.Connections;

/// <summary>A tenant that is over a rate is slowed down: what was read is carried out, and then nothing is read for a while.</summary>
public sealed class RateLimitTests
{
    private readonly ManualTime _time = new();

    public static TheoryData<TenantLimit, int> Limits() => new()
    {
        { TenantLimit.MessagesPerSecondIn, 10 },
        { TenantLimit.MessagesPerSecondOut, 10 },
        { TenantLimit.BytesPerSecondIn, 1000 },
        { TenantLimit.BytesPerSecondOut, 1000 },
    };

    [Theory]
    [MemberData(nameof(Limits))]
    public async Task A_burst_is_delivered_and_its_sender_then_pauses(TenantLimit limit, int rate)
    {
        await using var broker = await TestBroker.StartAsync(Limited(limit, rate), _time);
        await using var publisher = await broker.ConnectAsync("p");
        await using var subscriber = await broker.ConnectAsync("s");
        await using var bystander = await broker.ConnectAsync("bystander");
        await subscriber.SubscribeAsync("a");

        // 25 messages of 100 bytes: one second's worth is free, one and a half have to be waited for.
        await BurstAsync(publisher, 25);
        for (var i = 0; i < 25; i++)
            await subscriber.ExpectAsync<PublishMessage>();
        await publisher.SendAsync(new PingReqPacket());
        var waited = await _time.AdvanceUntilAsync(publisher.ExpectAsync<PingRespPacket>(), TimeSpan.FromSeconds(0.1), bystander);

        waited.ShouldBeGreaterThanOrEqualTo(TimeSpan.FromSeconds(1.4));
        broker.Quotas().Refusals(limit).ShouldBe(1);
        broker.Counters().ReadsThrottled.Value.ShouldBe(1);
    }

    [Theory]
    [MemberData(nameof(Limits))]
    public async Task Within_the_rate_nobody_waits(TenantLimit limit, int rate)
    {
        // Headers and control packets count, too.
        await using var broker = await TestBroker.StartAsync(Limited(limit, rate * 3 / 2), _time);
        await using var client = await broker.ConnectAsync("c");
        await client.SubscribeAsync("a");

        for (var second = 0; second < 3; second++)
        {
            await BurstAsync(client, 10);
            for (var i = 0; i < 10; i++)
                await client.ExpectAsync<PublishMessage>();
            await client.ExpectNothingAsync();
            _time.Advance(TimeSpan.FromSeconds(1));
        }

        broker.Counters().ReadsThrottled.Value.ShouldBe(0);
    }

    [Fact]
    public async Task A_client_is_not_silent_while_the_broker_does_not_read()
    {
        await using var broker = await TestBroker.StartAsync(Limited(TenantLimit.MessagesPerSecondIn, 1), _time);
        await using var client = await broker.ConnectAsync(new ConnectPacket { ClientIdentifier = "c", KeepAlive = 2 });
        await using var bystander = await broker.ConnectAsync("bystander");
        await BurstAsync(client, 21);

        await client.SendAsync(new PingReqPacket());

        await _time.AdvanceUntilAsync(client.ExpectAsync<PingRespPacket>(), TimeSpan.FromSeconds(0.5), bystander);
        broker.Counters().KeepAliveTimeouts.Value.ShouldBe(0);
    }

    [Fact]
    public async Task A_client_that_would_have_to_wait_too_long_is_told_that_its_rate_is_too_high()
    {
        await using var broker = await TestBroker.StartAsync(Limited(TenantLimit.MessagesPerSecondIn, 1), _time);
        await using var client = await broker.ConnectAsync("c");

        await BurstAsync(client, 50);

        await client.ExpectDisconnectedAsync(ReasonCode.MessageRateTooHigh);
    }

    [Fact]
    public async Task A_client_that_pauses_is_closed_at_once_when_it_has_to_be()
    {
        await using var broker = await TestBroker.StartAsync(Limited(TenantLimit.MessagesPerSecondIn, 1), _time);
        await using var client = await broker.ConnectAsync("c");
        await using var subscriber = await broker.ConnectAsync("s");
        await subscriber.SubscribeAsync("a");
        await BurstAsync(client, 10);
        for (var i = 0; i < 10; i++)
            await subscriber.ExpectAsync<PublishMessage>();

        await using var newer = await broker.ConnectAsync("c");

        await client.ExpectDisconnectedAsync(ReasonCode.SessionTakenOver);
    }

    [Fact]
    public async Task What_is_not_payload_counts_as_it_is_sent()
    {
        await using var broker = await TestBroker.StartAsync(Limited(TenantLimit.BytesPerSecondIn, 10_000), _time);
        await using var client = await broker.ConnectAsync("c");
        await using var bystander = await broker.ConnectAsync("bystander");
        var property = new UserProperty("name", new string('v', 30_000));

        await client.SendAsync(Publish("a", "", qos: 1, id: 1) with { Properties = new PublishProperties { UserProperties = [property] } });
        await client.ExpectAckAsync(PubAck(1, ReasonCode.NoMatchingSubscribers));
        await client.SendAsync(new PingReqPacket());

        var waited = await _time.AdvanceUntilAsync(client.ExpectAsync<PingRespPacket>(), TimeSpan.FromSeconds(0.1), bystander);
        waited.ShouldBeGreaterThanOrEqualTo(TimeSpan.FromSeconds(1.9));
    }

    [Fact]
    public async Task Control_packets_count_and_who_sends_few_of_them_does_not_wait()
    {
        await using var broker = await TestBroker.StartAsync(Limited(TenantLimit.BytesPerSecondIn, 1000), _time);
        await using var client = await broker.ConnectAsync("c");
        await using var bystander = await broker.ConnectAsync("bystander");

        await client.SendTogetherAsync(Enumerable.Repeat((object)new PingReqPacket(), 1500));
        for (var i = 0; i < 1500; i++)
            await client.ExpectAsync<PingRespPacket>();
        await client.SendAsync(new PingReqPacket());

        var waited = await _time.AdvanceUntilAsync(client.ExpectAsync<PingRespPacket>(), TimeSpan.FromSeconds(0.1), bystander);
        waited.ShouldBeGreaterThanOrEqualTo(TimeSpan.FromSeconds(1.5));
    }

    [Fact]
    public async Task What_overlapping_subscriptions_add_to_a_message_counts()
    {
        await using var broker = await TestBroker.StartAsync(Limited(TenantLimit.BytesPerSecondOut, 1000), _time);
        await using var subscriber = await broker.ConnectAsync("s");
        await using var publisher = await broker.ConnectAsync("p");
        await using var bystander = await broker.ConnectAsync("bystander");
        for (var i = 0; i < 10; i++)
        {
            await subscriber.SendAsync(new SubscribePacket
            {
                PacketIdentifier = (ushort)(i + 1),
                SubscriptionIdentifier = (uint)(200_000_000 + i),
                Subscriptions = [.. Enumerable.Range(0, 1).Select(_ => new SubscriptionRequest(Overlapping(i), default))],
            });
            await subscriber.ExpectAsync<SubAckPacket>();
        }

        // 50 bytes of identifiers with each message.
        await publisher.SendTogetherAsync(Enumerable.Range(0, 50).Select(_ => (object)Publish("a/b/c/d/e/f", "x")));
        for (var i = 0; i < 50; i++)
            await subscriber.ExpectAsync<PublishMessage>();
        await publisher.SendAsync(new PingReqPacket());

        var waited = await _time.AdvanceUntilAsync(publisher.ExpectAsync<PingRespPacket>(), TimeSpan.FromSeconds(0.1), bystander);
        waited.ShouldBeGreaterThanOrEqualTo(TimeSpan.FromSeconds(2));
    }

    /// <summary>One of the filters that match a/b/c/d/e/f.</summary>
    private static string Overlapping(int number) =>
        string.Join('/', "abcdef".Select((level, i) => (number >> i) % 2 == 0 ? level.ToString() : "+"));

    private static Task BurstAsync(MqttTestClient client, int count) =>
        client.SendTogetherAsync(Enumerable.Range(0, count).Select(_ => (object)Publish("a", new string('x', 100))));

    private static TenantOptions Limited(TenantLimit limit, int rate)
    {
        var limits = TestBroker.Demo.Limits;
        return TestBroker.Demo with
        {
            Limits = limit switch
            {
                TenantLimit.MessagesPerSecondIn => limits with { MessagesPerSecondIn = rate },
                TenantLimit.MessagesPerSecondOut => limits with { MessagesPerSecondOut = rate },
                TenantLimit.BytesPerSecondIn => limits with { BytesPerSecondIn = rate },
                _ => limits with { BytesPerSecondOut = rate },
            },
        };
    }
}
