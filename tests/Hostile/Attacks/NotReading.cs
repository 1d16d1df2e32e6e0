using Starling.Protocol;
using Starling.Testing;

namespace Starling.Hostile.Attacks;

/// <summary>Attacks of clients that read or write slowly, or not at all.</summary>
internal static class NotReading
{
    public static Task PingsAsync(Attacker attacker, CancellationToken cancel)
    {
        var pings = Attacker.Encode(Enumerable.Repeat<object>(new PingReqPacket(), 4096));
        return Attacker.RepeatAsync(20, async (_, token) =>
        {
            await using var stream = await attacker.LogInAsync(attacker.Connect(), token);
            while (true)
                await stream.WriteAsync(pings, token);
        }, cancel);
    }

    public static Task AcknowledgementsAsync(Attacker attacker, CancellationToken cancel)
    {
        var packets = Attacker.Encode(Enumerable.Range(1, 1000).Select(id => id % 2 == 0
            ? (object)new PublishMessage { Topic = "a", QoS = QualityOfService.AtLeastOnce, PacketIdentifier = (ushort)id }
            : new AckPacket(PacketType.PubRel, (ushort)id)));
        return Attacker.RepeatAsync(20, async (_, token) =>
        {
            await using var stream = await attacker.LogInAsync(attacker.Connect(), token);
            while (true)
                await stream.WriteAsync(packets, token);
        }, cancel);
    }

    public static Task SlowReadersAsync(Attacker attacker, CancellationToken cancel)
    {
        var everything = Attacker.Encode(new SubscribePacket
        {
            PacketIdentifier = 1,
            Subscriptions = [new("#", new(QualityOfService.AtMostOnce))],
        });
        var message = Attacker.Encode(new PublishMessage { Topic = "large", Payload = new byte[64 * 1024] });
        return Task.WhenAll(
            Attacker.RepeatAsync(200, async (_, token) =>
            {
                await using var stream = await attacker.LogInAsync(attacker.Connect(), token);
                await stream.WriteAsync(everything, token);
                await Task.Delay(TimeSpan.FromSeconds(30), token);
            }, cancel),
            Attacker.RepeatAsync(2, async (_, token) =>
            {
                await using var stream = await attacker.LogInAsync(attacker.Connect(), token);
                await Attacker.SendAsync(stream, async until =>
                {
                    while (true)
                        await stream.WriteAsync(message, until);
                }, token);
            }, cancel));
    }

    public static Task SlowWritersAsync(Attacker attacker, CancellationToken cancel)
    {
        var message = Attacker.Encode(new PublishMessage { Topic = "slow", Payload = new byte[1_000_000] });
        return Attacker.RepeatAsync(200, async (_, token) =>
        {
            await using var stream = await attacker.LogInAsync(attacker.Connect(), token);
            await Attacker.SendAsync(stream, async until =>
            {
                using var pace = new PeriodicTimer(TimeSpan.FromSeconds(1));
                await stream.WriteAsync(message.AsMemory(0, 500_000), until);
                for (var at = 500_000; at < message.Length; at += 100)
                {
                    await stream.WriteAsync(message.AsMemory(at, Math.Min(100, message.Length - at)), until);
                    await pace.WaitForNextTickAsync(until);
                }
            }, token);
        }, cancel);
    }
}
