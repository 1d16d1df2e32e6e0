using System.Globalization;
using Starling.Protocol;
using Starling.Testing;

namespace Starling.EndToEnd.Tests.Storage;

/// <summary>More is published than may wait for PostgreSQL.</summary>
public sealed class OutageQueueTests(OutageServer postgres) : IClassFixture<OutageServer>
{
    private const int Size = 100_000;

    [Fact]
    public async Task Publishers_are_refused_over_the_limit_and_nothing_is_acknowledged_that_is_not_kept()
    {
        await using var broker = await StoredBroker.StartAsync(postgres.Server, setup => setup with { QueueBytes = "1MiB" });
        await using var outage = new Outage(postgres.Server, OutageKind.Stopped);
        await using (var away = await broker.ConnectAsync("away", expiry: 3600))
        {
            await away.SubscribeAsync("d/#", QualityOfService.ExactlyOnce);
            await away.DisconnectAsync();
        }

        // Each waits with what it sends at first; what comes after that is more than may wait.
        var early = await ConnectAsync(broker, "early", 20);
        await using var late = await broker.ConnectAsync("late");
        await using var old = await broker.ConnectAsync("old", expiry: 3600, version: ProtocolVersion.Mqtt311);
        await outage.BeginAsync();
        SortedSet<int> refusedLate;
        try
        {
            await broker.NotReadyAsync();
            for (var i = 0; i < early.Count; i++)
                await early[i].Publisher.SendAsync("d/" + i.ToString(CultureInfo.InvariantCulture), [1, 2], Size);
            await FullAsync(broker);
            var publisher = new DurablePublisher(late);
            await publisher.SendAsync("d/late", [1, 2, 3, 4], Size);
            (await publisher.CompleteAsync()).ShouldBeEmpty();
            await new DurablePublisher(old).SendAsync("d/old", [1], Size);
            await old.ExpectClosedAsync();
            (await broker.MetricAsync("starling_storage_queue")).ShouldBeLessThan(3 * 1024 * 1024);
            refusedLate = [1, 2, 3, 4];
        }
        finally
        {
            await outage.EndAsync();
        }

        await broker.ReadyAsync();
        var taken = new List<string>();
        for (var i = 0; i < early.Count; i++)
            taken.AddRange((await early[i].Publisher.CompleteAsync()).Select(number => $"d/{i} {number}"));
        taken.Count.ShouldBeInRange(10, 39);
        await using var back = await broker.ConnectAsync("away", expiry: 3600);
        var got = new List<string>();
        for (var i = 0; i < taken.Count; i++)
        {
            var message = await back.ExpectMessageAsync();
            got.Add($"{message.Topic} {message.Text.Trim()}");
        }

        await back.ExpectNothingAsync();
        got.Order().ShouldBe(taken.Order());
        var again = new DurablePublisher(late);
        await again.SendAsync("d/late", refusedLate);
        (await again.CompleteAsync()).ShouldBe(refusedLate);
        (await DurablePublisher.ReceiveAsync(back, refusedLate.Count)).ShouldBe(refusedLate);
    }

    private static async Task<List<(MqttTestClient Client, DurablePublisher Publisher)>> ConnectAsync(StoredBroker broker, string name, int count)
    {
        var all = new List<(MqttTestClient, DurablePublisher)>();
        for (var i = 0; i < count; i++)
        {
            var client = await broker.ConnectAsync($"{name}{i}", expiry: 3600);
            all.Add((client, new DurablePublisher(client)));
        }

        return all;
    }

    private static async Task FullAsync(StoredBroker broker)
    {
        using var looks = new PeriodicTimer(TimeSpan.FromMilliseconds(20));
        for (var left = (int)(StoredBroker.Patience / looks.Period); left > 0; left--)
        {
            if (await broker.MetricAsync("starling_storage_queue") > 1024 * 1024)
                return;
            await looks.WaitForNextTickAsync();
        }

        throw new ShouldAssertException("the queue did not fill; " + broker.Process.Story);
    }
}
