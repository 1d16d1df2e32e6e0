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
        await using var broker = await TestBroker.StartAsync(Limited(limit, rate), _time);
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
