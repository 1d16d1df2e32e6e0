using Starling.Protocol;
using Starling.Testing;

namespace Starling.Hostile.Attacks;

/// <summary>Attacks by what a broker keeps for later.</summary>
internal static class Stored
{
    private const uint Year = 365 * 24 * 3600;

    public static Task RetainedAsync(Attacker attacker, CancellationToken cancel) =>
        Attacker.RepeatAsync(4, async (_, token) =>
        {
            await using var stream = await attacker.LogInAsync(attacker.Connect(), token);
            await Attacker.SendAsync(stream, async until =>
            {
                while (true)
                {
                    await stream.WriteAsync(Attacker.Encode(Enumerable.Range(0, 100).Select(_ => (object)new PublishMessage
                    {
                        Topic = $"retained/{attacker.Next()}",
                        Payload = new byte[1024],
                        Retain = true,
                    })), until);
                }
            }, token);
        }, cancel);

    public static Task SessionsAsync(Attacker attacker, CancellationToken cancel) => Task.WhenAll(
        Attacker.RepeatAsync(8, async (_, token) =>
        {
            await using var stream = await attacker.LogInAsync(attacker.Connect() with { CleanStart = false, SessionExpiryInterval = Year }, token);
            await stream.WriteAsync(Attacker.Encode(new SubscribePacket
            {
                PacketIdentifier = 1,
                Subscriptions = [new("sessions/#", new(QualityOfService.ExactlyOnce))],
            }), token);
            _ = await stream.ReadAsync(new byte[64], token);
        }, cancel),
        Attacker.RepeatAsync(1, async (_, token) =>
        {
            await using var stream = await attacker.LogInAsync(attacker.Connect(), token);
            await Attacker.SendAsync(stream, async until =>
            {
                using var pace = new PeriodicTimer(TimeSpan.FromMilliseconds(5));
                for (ushort id = 1; ; id = (ushort)(id % 10_000 + 1))
                {
                    await stream.WriteAsync(Attacker.Encode(new PublishMessage
                    {
                        Topic = "sessions/all",
                        Payload = new byte[1024],
                        QoS = QualityOfService.AtLeastOnce,
                        PacketIdentifier = id,
                    }), until);
                    await pace.WaitForNextTickAsync(until);
                }
            }, token);
        }, cancel));

    public static Task UnfinishedAsync(Attacker attacker, CancellationToken cancel) =>
        Attacker.RepeatAsync(4, async (_, token) =>
        {
            await using var stream = await attacker.LogInAsync(attacker.Connect() with { CleanStart = false, SessionExpiryInterval = Year }, token);
            await Attacker.SendAsync(stream, async until =>
            {
                foreach (var identifiers in Enumerable.Range(1, ushort.MaxValue).Chunk(500))
                {
                    await stream.WriteAsync(Attacker.Encode(identifiers.Select(id => (object)new PublishMessage
                    {
                        Topic = "unfinished",
                        QoS = QualityOfService.ExactlyOnce,
                        PacketIdentifier = (ushort)id,
                    })), until);
                }
            }, token);
        }, cancel);

    public static Task WillsAsync(Attacker attacker, CancellationToken cancel) =>
        Attacker.RepeatAsync(8, async (_, token) =>
        {
            await using var stream = await attacker.LogInAsync(attacker.Connect() with
            {
                SessionExpiryInterval = Year,
                Will = new Will { Topic = "wills", Payload = new byte[60_000], WillDelayInterval = Year, QoS = QualityOfService.AtLeastOnce },
            }, token);
        }, cancel);
}
