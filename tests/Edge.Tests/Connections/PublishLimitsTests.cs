using Starling.Broker.Metrics;
using Starling.Broker.Tenants;
using Starling.Broker.Tenants.Quotas;
using Starling.Protocol;
using static Starling.Edge.Tests.Connections.Packets;

namespace Starling.Edge.Tests.Connections;

/// <summary>The tenant's limits on what is published, each with its reason code and its counter.</summary>
public sealed class PublishLimitsTests
{
    [Theory]
    [InlineData(0, true)]
    [InlineData(1, false)]
    public async Task A_packet_may_be_as_large_as_the_tenant_allows(int more, bool passes)
    {
        await using var broker = await StartAsync(limits => limits with { PacketSize = 1000 });
        await using var client = await broker.ConnectAsync("c");
        await client.SubscribeAsync("a");
        // 3 bytes of fixed header, 3 of topic, 1 of properties.
        var payload = new string('x', 1000 - 7 + more);

        await client.SendAsync(Publish("a", payload));

        if (passes)
            await client.ExpectPublishAsync(payload);
        else
            await client.ExpectDisconnectedAsync(ReasonCode.PacketTooLarge);
        broker.Quotas().Refusals(TenantLimit.PacketSize).ShouldBe(passes ? 0 : 1);
    }

    [Theory]
    [InlineData(TenantLimit.TopicLength, "1234567890", "12345678901")]
    [InlineData(TenantLimit.TopicLength, "üüüüü", "üüüüüa")]
    [InlineData(TenantLimit.TopicLevels, "a/b/c", "a/b/c/d")]
    public async Task A_topic_over_its_limit_is_refused_as_invalid(TenantLimit limit, string allowed, string refused)
    {
        await using var broker = await StartAsync(limits => limits with { TopicLength = 10, TopicLevels = 3 });
        await using var client = await broker.ConnectAsync("c");

        (await client.PublishAsync(allowed, "x", QualityOfService.AtLeastOnce)).ShouldBe(ReasonCode.NoMatchingSubscribers);
        (await client.PublishAsync(refused, "x", QualityOfService.AtLeastOnce)).ShouldBe(ReasonCode.TopicNameInvalid);
        (await client.PublishAsync(refused, "x", QualityOfService.ExactlyOnce)).ShouldBe(ReasonCode.TopicNameInvalid);

        broker.Quotas().Refusals(limit).ShouldBe(2);
        broker.Counters().PublishRefused.Value.ShouldBe(2);
    }

    [Fact]
    public async Task A_lower_limit_holds_for_connected_clients_at_once()
    {
        await using var broker = await StartAsync(limits => limits);
        await using var client = await broker.ConnectAsync("c");
        await client.PublishAsync("a/b/c", "x", QualityOfService.AtLeastOnce);

        broker.Tenants.Apply([Limited(limits => limits with { TopicLevels = 2 })]);

        (await client.PublishAsync("a/b/c", "x", QualityOfService.AtLeastOnce)).ShouldBe(ReasonCode.TopicNameInvalid);
    }

    [Theory]
    [InlineData(0, 1)]
    [InlineData(1, 2)]
    public async Task A_QoS_over_the_maximum_is_not_supported(byte maximum, int qos)
    {
        await using var broker = await StartAsync(limits => limits with { MaximumQoS = maximum });
        await using var client = await broker.OpenAsync();
        (await client.ConnectAsync("c")).MaximumQoS.ShouldBe((QualityOfService)maximum);

        await client.SendAsync(Publish("a", qos: qos, id: 1));

        await client.ExpectDisconnectedAsync(ReasonCode.QoSNotSupported);
        broker.Quotas().Refusals(TenantLimit.MaximumQoS).ShouldBe(1);
    }

    [Theory]
    [InlineData(ProtocolVersion.Mqtt311)]
    [InlineData(ProtocolVersion.Mqtt5)]
    public async Task RETAIN_is_not_supported_where_it_is_not_available(ProtocolVersion version)
    {
        await using var broker = await StartAsync(limits => limits with { RetainAvailable = false });
        await using var client = await broker.ConnectAsync("c", version);

        await client.SendAsync(Publish("a", retain: true));

        await client.ExpectDisconnectedAsync(ReasonCode.RetainNotSupported);
        broker.Quotas().Refusals(TenantLimit.RetainAvailable).ShouldBe(1);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task A_retained_message_over_the_quota_is_refused_and_not_delivered(int qos)
    {
        await using var broker = await StartAsync(limits => limits with { RetainedMessages = 1 });
        await using var client = await broker.ConnectAsync("c");
        await client.PublishAsync("a", "first", (QualityOfService)qos, retain: true);
        await client.SubscribeAsync("b");

        (await client.PublishAsync("b", "x", (QualityOfService)qos, retain: true)).ShouldBe(ReasonCode.QuotaExceeded);

        await client.ExpectNothingAsync();
        broker.Quotas().Refusals(TenantLimit.RetainedMessages).ShouldBe(1);
    }

    [Fact]
    public async Task At_the_retained_quota_messages_may_be_replaced_and_removed()
    {
        await using var broker = await StartAsync(limits => limits with { RetainedMessages = 1, RetainedBytes = 10 });
        await using var client = await broker.ConnectAsync("c");

        (await client.PublishAsync("a", "123456789", QualityOfService.AtLeastOnce, retain: true)).ShouldBe(ReasonCode.NoMatchingSubscribers);
        (await client.PublishAsync("a", "1234567890", QualityOfService.AtLeastOnce, retain: true)).ShouldBe(ReasonCode.QuotaExceeded);
        (await client.PublishAsync("a", "987654321", QualityOfService.AtLeastOnce, retain: true)).ShouldBe(ReasonCode.NoMatchingSubscribers);
        (await client.PublishAsync("a", "", QualityOfService.AtLeastOnce, retain: true)).ShouldBe(ReasonCode.NoMatchingSubscribers);
        (await client.PublishAsync("b", "123456789", QualityOfService.AtLeastOnce, retain: true)).ShouldBe(ReasonCode.NoMatchingSubscribers);
    }

    [Fact]
    public async Task Before_MQTT_5_a_message_over_the_quota_is_acknowledged_and_not_delivered()
    {
        await using var broker = await StartAsync(limits => limits with { RetainedMessages = 0 });
        await using var client = await broker.ConnectAsync("c", ProtocolVersion.Mqtt311);
        await client.SubscribeAsync("a");

        await client.PublishAsync("a", "x", QualityOfService.AtLeastOnce, retain: true);

        await client.ExpectNothingAsync();
        broker.Counters().PublishRefused.Value.ShouldBe(1);
    }

    [Fact]
    public async Task A_message_that_is_refused_does_not_disturb_its_neighbours()
    {
        await using var broker = await StartAsync(limits => limits with { TopicLevels = 2 });
        await using var client = await broker.ConnectAsync("c");
        await client.SubscribeAsync("a/#");

        await client.SendTogetherAsync(Publish("a/1", "1"), Publish("a/b/c", "2"), Publish("a/3", "3"));

        await client.ExpectPublishAsync("1");
        await client.ExpectPublishAsync("3");
        await client.ExpectNothingAsync();
    }

    private static TenantOptions Limited(Func<TenantLimits, TenantLimits> change) =>
        TestBroker.Demo with { Limits = change(TestBroker.Demo.Limits) };

    private static Task<TestBroker> StartAsync(Func<TenantLimits, TenantLimits> change) => TestBroker.StartAsync(Limited(change));

    [Fact]
    public async Task Topics_that_are_too_long_are_refused_and_not_kept()
    {
        await using var broker = await TestBroker.StartAsync();
        await using var client = await broker.ConnectAsync("c");
        for (var i = 0; i < 64; i++)
            (await client.PublishAsync($"{i}/{new string('x', 65_000)}", "", QualityOfService.AtLeastOnce)).ShouldBe(ReasonCode.TopicNameInvalid);

        broker.Counters().Held.Of(HeldKind.Topics).ShouldBe(0);
    }
}
