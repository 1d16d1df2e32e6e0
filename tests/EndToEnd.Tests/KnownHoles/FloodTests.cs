using Starling.Protocol;
using Starling.Testing;

namespace Starling.EndToEnd.Tests.KnownHoles;

/// <summary>More than anybody reads, keeps or checks.</summary>
[Trait("Lane", "alone")]
public sealed class FloodTests
{
    [Fact]
    public async Task Slow_readers_cost_their_queues_and_nobody_else_notices()
    {
        await using var target = await Target.StartAsync();
        await using var pair = await HealthyPair.StartAsync(target);
        var slow = new List<MqttTestClient>();
        for (var i = 0; i < 40; i++)
        {
            slow.Add(await target.ConnectAsync($"slow{i}"));
            await slow[^1].SubscribeAsync("a");
        }

        await using var reader = await target.ConnectAsync("reader");
        await using var publisher = await target.ConnectAsync("publisher");
        await reader.SubscribeAsync("a");

        // 50 MB for each: 2 GB.
        for (var i = 0; i < 500; i++)
        {
            await publisher.SendAsync(Bytes.Publish("a", new byte[100_000]));
            (await reader.ExpectAsync<PublishMessage>()).Payload.Length.ShouldBe(100_000);
        }

        (await target.MetricAsync("starling_messages_dropped_total{reason=\"slow_reader\",tenant=\"demo\"}")).ShouldBeGreaterThan(0);
        await pair.ShouldHaveBeenWellAsync(medianMilliseconds: 50, worstMilliseconds: 2000);
        // 1 MiB of queue each, which share the messages, and what is written to the pipe ahead.
        await target.ShouldBeWellAsync(withinMiB: 160);
        foreach (var client in slow)
            await client.DisposeAsync();
    }

    [Fact]
    public async Task Everything_to_everyone_arrives_in_bounded_memory()
    {
        const int clients = 100, each = 20;
        await using var target = await Target.StartAsync();
        await using var pair = await HealthyPair.StartAsync(target);
        var everyone = new List<MqttTestClient>();
        for (var i = 0; i < clients; i++)
        {
            everyone.Add(await target.ConnectAsync($"c{i}"));
            await everyone[^1].SubscribeAsync("#", QualityOfService.AtLeastOnce);
        }

        var all = await Task.WhenAll(everyone.Select((client, i) => TalkAsync(client, i)));

        all.ShouldAllBe(received => received == clients * each);
        await pair.ShouldHaveBeenWellAsync(medianMilliseconds: 500, worstMilliseconds: 5000);
        await target.ShouldBeWellAsync(withinMiB: 160);
        foreach (var client in everyone)
            await client.DisposeAsync();

        static async Task<int> TalkAsync(MqttTestClient client, int number)
        {
            await client.SendAsync(Bytes.Together(Enumerable.Range(1, each).Select(id => Bytes.Publish($"c/{number}/{id}", new byte[50], QualityOfService.AtLeastOnce, id))));
            var (messages, acknowledged) = (0, 0);
            while (messages < clients * each || acknowledged < each)
            {
                switch ((await client.ReceiveAsync()).Packet)
                {
                    case PublishMessage message:
                        messages++;
                        await client.SendAsync(new AckPacket(PacketType.PubAck, message.PacketIdentifier));
                        break;
                    case AckPacket:
                        acknowledged++;
                        break;
                }
            }

            return messages;
        }
    }

    [Fact]
    public async Task Retained_flood_stops_at_the_tenants_limits_in_messages()
    {
        await using var target = await Target.StartAsync(tenantLimits: new { retainedMessages = 2000, receiveMaximum = 65_535 });
        await using var pair = await HealthyPair.StartAsync(target);

        (await FloodAsync(target, topic => $"flood/{topic}", new byte[1000], 60_000)).ShouldBe(2000);

        (await target.MetricAsync("starling_retained_messages{tenant=\"demo\"}")).ShouldBe(2000);
        await pair.ShouldHaveBeenWellAsync(medianMilliseconds: 100, worstMilliseconds: 2000);
        await target.ShouldBeWellAsync(withinMiB: 64);
    }

    [Fact]
    public async Task Retained_flood_of_deep_topics_stops_at_the_tenants_limit_in_bytes()
    {
        await using var target = await Target.StartAsync(tenantLimits: new { retainedBytes = 16 * 1024 * 1024, receiveMaximum = 65_535 });

        // Each makes 127 levels of its own.
        var kept = await FloodAsync(target, topic => $"{topic}{string.Concat(Enumerable.Repeat("/x", 127))}", new byte[1], 60_000);

        kept.ShouldBeGreaterThan(100);
        await target.ShouldBeWellAsync(withinMiB: 96);
    }

    /// <returns>How many were taken; the rest were over the quota.</returns>
    private static async Task<int> FloodAsync(Target target, Func<int, string> topic, byte[] payload, int count)
    {
        await using var publisher = await target.ConnectAsync("flood");
        var taken = 0;
        foreach (var identifiers in Enumerable.Range(1, count).Chunk(500))
        {
            await publisher.SendAsync(Bytes.Together(identifiers.Select(id => Bytes.Publish(topic(id), payload, QualityOfService.AtLeastOnce, id, retain: true))));
            foreach (var _ in identifiers)
            {
                var reason = (await publisher.ExpectAsync<AckPacket>()).ReasonCode;
                reason.ShouldBeOneOf(ReasonCode.NoMatchingSubscribers, ReasonCode.QuotaExceeded);
                taken += reason == ReasonCode.QuotaExceeded ? 0 : 1;
            }
        }

        return taken;
    }
}
