using Starling.Protocol;
using Starling.Testing;

namespace Starling.EndToEnd.Tests.Storage;

/// <summary>What is promised while PostgreSQL is away, and once it is back.</summary>
internal sealed class OutageScenario(StoredBroker broker)
{
    private const int Messages = 40;

    /// <summary>In seconds: one and a half times this is less than what a client waits that is refused, so a client that waits for its answer longer is not silent.</summary>
    private const ushort KeepAlive = 2;

    private static readonly int[] All = [.. Enumerable.Range(1, Messages)];

    /// <param name="begin">From its end on nothing more can be written.</param>
    /// <param name="end">Makes writing possible again.</param>
    /// <param name="size">Of each message that must be durable, in bytes.</param>
    /// <param name="reason">A part of what the broker says of it.</param>
    /// <param name="nothingFits">Whether small writes fail too.</param>
    public async Task RunAsync(Func<Task> begin, Func<Task> end, int size = 0, string reason = "", bool nothingFits = true)
    {
        await using var kept = await broker.ConnectAsync("kept", expiry: 3600);
        await kept.SubscribeAsync("d/#", QualityOfService.ExactlyOnce);
        await using (var away = await broker.ConnectAsync("away", expiry: 3600))
        {
            await away.SubscribeAsync("d/#", QualityOfService.ExactlyOnce);
            await away.DisconnectAsync();
        }

        await using var live = await broker.ConnectAsync("live");
        await live.SubscribeAsync("l/#", QualityOfService.ExactlyOnce);
        await using var talker = await broker.ConnectAsync("talker");
        await talker.PublishAsync("r/1", "retained", QualityOfService.AtLeastOnce, retain: true);
        await using var late = await broker.ConnectAsync("late", expiry: 3600);
        await using var waiting = await broker.ConnectAsync("waiting", expiry: 3600, change: connect => connect with { KeepAlive = KeepAlive });
        var publisher = new DurablePublisher(waiting);

        await KeepUntilAsync(begin(), waiting);

        await publisher.SendAsync("d/1", All, size);
        var answer = waiting.ReceiveAsync();
        var subscribed = late.SubscribeAsync("late", QualityOfService.AtLeastOnce);
        var problem = await broker.NotReadyAsync();
        problem.ShouldContain("\"storage\"");
        problem.ShouldContain(reason);
        var refused = broker.TryConnectAsync("new5");
        var refusedOld = broker.TryConnectAsync("new3", ProtocolVersion.Mqtt311);
        await FlowsAsync(talker, live);
        (await refused).ShouldBe(ReasonCode.ServerUnavailable);
        (await refusedOld).ShouldBe(ReasonCode.ServerUnavailable);
        answer.IsCompleted.ShouldBeFalse("a message was answered that can't be durable");
        if (nothingFits)
            subscribed.IsCompleted.ShouldBeFalse("a subscription was answered that can't be durable");

        await end();

        await broker.ReadyAsync();
        (await publisher.CompleteAsync(answer)).ShouldBe(All);
        (await subscribed).PacketIdentifier.ShouldBe((ushort)1);
        (await DurablePublisher.ReceiveAsync(kept, Messages)).ShouldBe(All);
        await using var back = await broker.ConnectAsync("away", expiry: 3600);
        (await DurablePublisher.ReceiveAsync(back, Messages)).ShouldBe(All);
        await talker.PublishAsync("late", "1", QualityOfService.AtLeastOnce);
        (await late.ExpectMessageAsync()).Text.ShouldBe("1");
        (await broker.TryConnectAsync("new5")).ShouldBe(ReasonCode.Success);
        SaidOnce("Nothing can be written to PostgreSQL");
        SaidOnce("PostgreSQL is back");
        broker.Process.Log.Count(line => line.Contains(" warn", StringComparison.OrdinalIgnoreCase)).ShouldBeLessThan(6, broker.Process.Story);
    }

    /// <summary>However long it takes to begin, the client is not silent meanwhile.</summary>
    private static async Task KeepUntilAsync(Task begun, MqttTestClient client)
    {
        while (!begun.IsCompleted)
        {
            await client.SendAsync(new PingReqPacket());
            await client.ExpectAsync<PingRespPacket>();
            await Task.WhenAny(begun, Task.Delay(TimeSpan.FromMilliseconds(200)));
        }

        await begun;
    }

    private static async Task FlowsAsync(MqttTestClient talker, MqttTestClient live)
    {
        foreach (var qos in Enum.GetValues<QualityOfService>())
        {
            (await talker.PublishAsync("l/1", $"at {qos}", qos)).ShouldBe(ReasonCode.Success);
            (await live.ExpectMessageAsync()).Text.ShouldBe($"at {qos}");
        }

        await live.SubscribeAsync("r/#", QualityOfService.AtLeastOnce);
        (await live.ExpectMessageAsync()).Text.ShouldBe("retained");
    }

    private void SaidOnce(string text) =>
        broker.Process.Log.Count(line => line.Contains(text, StringComparison.Ordinal)).ShouldBe(1, broker.Process.Story);
}
