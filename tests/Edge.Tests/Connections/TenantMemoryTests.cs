using Microsoft.Extensions.DependencyInjection;
using Starling.Broker.Metrics;
using Starling.Broker.Tenants.Quotas;
using Starling.Edge.Nodes;
using Starling.Protocol;
using Starling.Testing;
using static Starling.Edge.Tests.Connections.Subscriptions;

namespace Starling.Edge.Tests.Connections;

/// <summary>A tenant whose connections hold more than it may: nobody gets more, and the heaviest goes.</summary>
public sealed class TenantMemoryTests
{
    private readonly ManualTime _time = new();

    [Fact]
    public async Task Beyond_the_budget_nothing_is_granted_and_the_connection_that_holds_most_is_closed()
    {
        await using var broker = await TestBroker.StartAsync(TestBroker.Demo with { Limits = new() { MemoryBytes = 100_000 } }, _time);
        await using var light = await broker.ConnectAsync("light");
        await using var heavy = await broker.ConnectAsync("heavy");
        await light.SubscribeAsync("a/+");
        // Each is granted by what is held before it.
        for (var i = 0; i < 10; i++)
            await heavy.SubscribeAsync(To($"+/{i}" + string.Concat(Enumerable.Repeat("/x", 100))));
        broker.Counters().Held.IsOver.ShouldBeTrue();

        (await light.SubscribeAsync(To("b/+"))).ReasonCodes.ShouldBe([ReasonCode.QuotaExceeded]);
        await using (var refused = await broker.OpenAsync())
            (await refused.ConnectAsync(new ConnectPacket { ClientIdentifier = "more" })).ReasonCode.ShouldBe(ReasonCode.QuotaExceeded);
        _time.Advance(TimeSpan.FromSeconds(1));

        await heavy.ExpectDisconnectedAsync(ReasonCode.QuotaExceeded);
        (await light.SubscribeAsync(To("b/+"))).ReasonCodes.ShouldBe([ReasonCode.GrantedQoS0]);
        broker.Counters().Held.IsOver.ShouldBeFalse();
        broker.Quotas().Refusals(TenantLimit.MemoryBytes).ShouldBeGreaterThanOrEqualTo(3);
        await light.ExpectNothingAsync();
    }

    [Fact]
    public async Task Beyond_the_watermark_of_the_process_the_heaviest_connection_of_all_is_closed()
    {
        var used = 0L;
        await using var broker = await TestBroker.StartAsync(
            _time, services => services.AddSingleton<ReadProcessMemory>(() => (Volatile.Read(ref used), 1000)));
        await using var light = await broker.ConnectAsync("light");
        await using var heavy = await broker.ConnectAsync("heavy");
        await light.SubscribeAsync("a/+");
        for (var i = 0; i < 10; i++)
            await heavy.SubscribeAsync(To($"+/{i}" + string.Concat(Enumerable.Repeat("/x", 100))));
        Volatile.Write(ref used, 800);
        _time.Advance(TimeSpan.FromSeconds(1));
        await heavy.ExpectNothingAsync();

        Volatile.Write(ref used, 801);
        _time.Advance(TimeSpan.FromSeconds(1));

        await heavy.ExpectDisconnectedAsync(ReasonCode.QuotaExceeded);
        _time.Advance(TimeSpan.FromSeconds(1));
        await light.ExpectNothingAsync();
    }

    [Fact]
    public async Task Part_of_a_large_packet_is_in_the_ledger_until_the_packet_is_complete()
    {
        await using var broker = await TestBroker.StartAsync();
        await using var client = await broker.ConnectAsync("c");
        var packet = AnyPacket.Encode(new PublishMessage { Topic = "a", Payload = new byte[500_000] }, client.Version);

        await client.SendAsync(packet[..400_000]);
        while (broker.Counters().Held.Of(HeldKind.Incoming) < 300_000)
            await Task.Yield();
        await client.SendAsync(packet[400_000..]);
        await client.ExpectNothingAsync();

        broker.Counters().Held.Of(HeldKind.Incoming).ShouldBe(0);
    }
}
