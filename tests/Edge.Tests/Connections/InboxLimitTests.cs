using System.Globalization;
using Starling.Broker.Tenants;
using Starling.Broker.Tenants.Quotas;
using Starling.Protocol;
using static Starling.Edge.Tests.Connections.Packets;

namespace Starling.Edge.Tests.Connections;

/// <summary>The limits of a durable session's inbox while its client is away.</summary>
public sealed class InboxLimitTests
{
    [Theory]
    [InlineData(InboxOverflow.DropOldest, false, new[] { 8, 9, 10 })]
    [InlineData(InboxOverflow.DropOldest, true, new[] { 8, 9, 10 })]
    [InlineData(InboxOverflow.DropNewest, false, new[] { 1, 2, 3 })]
    [InlineData(InboxOverflow.DropNewest, true, new[] { 1, 2, 3 })]
    public async Task A_full_inbox_keeps_what_its_policy_says_and_counts_the_rest(InboxOverflow policy, bool together, int[] kept)
    {
        await using var broker = await TestBroker.StartAsync(Limited(policy, limits => limits with { InboxMessages = 3 }));
        await LeaveAsync(broker);
        await using var publisher = await broker.ConnectAsync("p");

        await SendAsync(publisher, together);

        await using var subscriber = await broker.ResumeAsync("s");
        foreach (var number in kept)
            (await subscriber.ExpectMessageAsync()).Text.ShouldBe(number.ToString(CultureInfo.InvariantCulture));
        await subscriber.ExpectNothingAsync();
        broker.Counters().DroppedInboxFull.Value.ShouldBe(7);
        broker.Counters().InboxMessages.Value.ShouldBe(0);
        broker.Counters().InboxBytes.Value.ShouldBe(0);
    }

    [Theory]
    [InlineData(InboxOverflow.DropOldest, new[] { 8, 9, 10 })]
    [InlineData(InboxOverflow.DropNewest, new[] { 1, 2, 3, 4 })]
    public async Task The_limit_in_bytes_counts_topic_and_payload(InboxOverflow policy, int[] kept)
    {
        // 2 bytes each, 3 the last.
        await using var broker = await TestBroker.StartAsync(Limited(policy, limits => limits with { InboxBytes = 8 }));
        await LeaveAsync(broker);
        await using var publisher = await broker.ConnectAsync("p");

        await SendAsync(publisher, together: false);

        await using var subscriber = await broker.ResumeAsync("s");
        foreach (var number in kept)
            (await subscriber.ExpectMessageAsync()).Text.ShouldBe(number.ToString(CultureInfo.InvariantCulture));
        await subscriber.ExpectNothingAsync();
    }

    private static async Task SendAsync(Testing.MqttTestClient publisher, bool together)
    {
        var packets = Enumerable.Range(1, 10).Select(i => Publish("a", i.ToString(CultureInfo.InvariantCulture), qos: 1, id: (ushort)i)).ToArray();
        if (together)
            await publisher.SendTogetherAsync(packets);
        foreach (var packet in packets)
        {
            if (!together)
                await publisher.SendAsync(packet);
            await publisher.ExpectAckAsync(PubAck(packet.PacketIdentifier));
        }
    }

    private static async Task LeaveAsync(TestBroker broker)
    {
        await using var subscriber = await broker.ResumeAsync("s");
        await subscriber.SubscribeAsync("a", QualityOfService.AtLeastOnce);
        await subscriber.DisconnectAsync();
    }

    private static TenantOptions Limited(InboxOverflow policy, Func<TenantLimits, TenantLimits> change) =>
        TestBroker.Demo with { InboxOverflow = policy, Limits = change(TestBroker.Demo.Limits) };

    [Fact]
    public async Task All_inboxes_of_a_tenant_together_are_limited()
    {
        // 2 bytes each, 3 the last.
        await using var broker = await TestBroker.StartAsync(Limited(InboxOverflow.DropNewest, limits => limits with { TotalInboxBytes = 8 }));
        await LeaveAsync(broker);
        await using var publisher = await broker.ConnectAsync("p");

        await SendAsync(publisher, together: true);

        broker.Counters().InboxBytes.Value.ShouldBe(8);
        broker.Counters().DroppedInboxFull.Value.ShouldBe(6);
        broker.Quotas().Refusals(TenantLimit.TotalInboxBytes).ShouldBe(6);
    }
}
