using System.Text;
using Starling.Protocol;
using Starling.Testing;

namespace Starling.Hostile.Attacks;

/// <summary>Attacks by what topics, filters, aliases and properties cost.</summary>
internal static class Topics
{
    private const int FiltersOfPacket = 100;

    public static Task FiltersAsync(Attacker attacker, CancellationToken cancel) =>
        Attacker.RepeatAsync(8, async (_, token) =>
        {
            await using var stream = await attacker.LogInAsync(attacker.Connect(), token);
            await Attacker.SendAsync(stream, async until =>
            {
                for (var packet = 1; packet <= 10_000 / FiltersOfPacket; packet++)
                {
                    await stream.WriteAsync(Attacker.Encode(new SubscribePacket
                    {
                        PacketIdentifier = (ushort)packet,
                        Subscriptions = [.. Enumerable.Range(0, FiltersOfPacket).Select(_ => new SubscriptionRequest(Filter(attacker.Next()), new(QualityOfService.AtMostOnce)))],
                    }), until);
                }
                await Task.Delay(TimeSpan.FromSeconds(5), until);
            }, token);
        }, cancel);

    public static Task DeepTopicsAsync(Attacker attacker, CancellationToken cancel) =>
        Attacker.RepeatAsync(8, async (worker, token) =>
        {
            await using var stream = await attacker.LogInAsync(attacker.Connect(), token);
            await Attacker.SendAsync(stream, async until =>
            {
                while (true)
                {
                    var start = $"{(worker % 2 == 0 ? "refused" : "deep")}/{attacker.Next()}";
                    var topic = start + string.Concat(Enumerable.Repeat("/x", (ushort.MaxValue - start.Length) / 2));
                    await stream.WriteAsync(Attacker.Encode(new PublishMessage { Topic = topic, Payload = new byte[1] }), until);
                }
            }, token);
        }, cancel);

    public static Task AliasesAsync(Attacker attacker, CancellationToken cancel) =>
        Attacker.RepeatAsync(8, async (_, token) =>
        {
            await using var stream = await attacker.LogInAsync(attacker.Connect() with { TopicAliasMaximum = ushort.MaxValue }, token);
            await Attacker.SendAsync(stream, async until =>
            {
                await stream.WriteAsync(Attacker.Encode(new SubscribePacket
                {
                    PacketIdentifier = 1,
                    Subscriptions = [new("alias/#", new(QualityOfService.AtMostOnce))],
                }), until);
                for (ushort alias = 1; ; alias = (ushort)(alias % 10 + 1))
                {
                    await stream.WriteAsync(Attacker.Encode(new PublishMessage
                    {
                        Topic = $"alias/{attacker.Next()}/{new string('l', 5000)}",
                        Properties = new() { TopicAlias = alias },
                    }), until);
                }
            }, token);
        }, cancel);

    public static Task PropertiesAsync(Attacker attacker, CancellationToken cancel)
    {
        var value = new string('v', 60_000);
        var message = Attacker.Encode(new PublishMessage
        {
            Topic = "properties",
            Properties = new() { UserProperties = [.. Enumerable.Range(0, 12).Select(i => new UserProperty($"{i}", value))] },
        });
        return Attacker.RepeatAsync(4, async (_, token) =>
        {
            await using var stream = await attacker.LogInAsync(attacker.Connect(), token);
            await Attacker.SendAsync(stream, async until =>
            {
                while (true)
                    await stream.WriteAsync(message, until);
            }, token);
        }, cancel);
    }

    private static string Filter(long number)
    {
        var filter = new StringBuilder().Append(number);
        for (var level = 0; level < 100; level++)
            filter.Append('/').Append(level % 7 == 0 ? "+" : "l");
        return filter.Append("/#").ToString();
    }
}
