using Starling.Durability.Clients;
using Starling.Durability.History;
using Starling.Protocol;

namespace Starling.Durability;

/// <summary>The clients of a run.</summary>
internal sealed class Crowd
{
    private const QualityOfService Zero = QualityOfService.AtMostOnce;
    private const QualityOfService One = QualityOfService.AtLeastOnce;
    private const QualityOfService Two = QualityOfService.ExactlyOnce;
    private const ProtocolVersion V3 = ProtocolVersion.Mqtt311;
    private const ProtocolVersion V5 = ProtocolVersion.Mqtt5;

    private static readonly string[] GroupTopics = ["load/a/1", "load/b/1"];

    private static readonly PublisherPlan[] PublisherPlans =
    [
        new(1, "p1-v5-qos1", V5, Topics.Load, [One], 40),
        new(2, "p2-v3-qos1", V3, Topics.Load, [One], 8) { ReusesIdentifiers = true },
        new(3, "p3-v5-qos2", V5, Topics.Load, [Two], 30) { ReusesIdentifiers = true },
        new(4, "p4-v3-qos2", V3, Topics.Load, [Two], 30),
        new(5, "p5-v5-single", V5, Topics.Load, [Two], 1) { ReusesIdentifiers = true },
        new(6, "p6-v3-mixed", V3, Topics.Load, [One, Two], 15) { ReusesIdentifiers = true },
        new(7, "p7-v5-mixed", V5, Topics.Load, [One, Two], 20),
        new(8, "p8-v5-clean", V5, Topics.Load, [Zero, One], 20) { IsClean = true },
        new(9, "p9-v3-clean", V3, Topics.Load, [Zero], 20) { IsClean = true },
    ];

    private static readonly PublisherPlan BarrierPlan = new(100, "barrier", V5, [Topics.Barrier], [Two], 1);

    private static readonly SubscriberPlan[] SubscriberPlans =
    [
        new("s1-v5-qos2-all", V5, Two, ["load/#", "wills/#"], Topics.Load) { ReceiveMaximum = 50 },
        new("s2-v3-qos2-all", V3, Two, ["load/#"], Topics.Load),
        new("s3-v5-qos1-all", V5, One, ["load/+/+"], Topics.Load) { ReceiveMaximum = 10 },
        new("s4-v3-qos1-a", V3, One, ["load/a/+", "wills/#"], ["load/a/1", "load/a/2"]),
        new("s5-v5-qos2-a1", V5, Two, ["load/a/1"], ["load/a/1"]) { ReceiveMaximum = 1 },
        new("s6-v3-qos2-b2", V3, Two, ["load/b/2"], ["load/b/2"]),
        new("s7-v5-qos1-b1", V5, One, ["load/b/1"], ["load/b/1"]),
        new("s8-v5-qos2-two", V5, Two, ["load/a/2", "load/b/1"], ["load/a/2", "load/b/1"]),
        new("c1-v5-qos1-all", V5, One, ["load/#"], Topics.Load) { IsClean = true },
        new("c2-v3-qos1-a", V3, One, ["load/a/+"], ["load/a/1", "load/a/2"]) { IsClean = true },
        new("c3-v5-qos0-b", V5, Zero, ["load/b/+"], ["load/b/1", "load/b/2"]) { IsClean = true },
        Member("g1-v5-qos2", V5, Two, "two", 20),
        Member("g2-v3-qos2", V3, Two, "two", 0),
        Member("g3-v5-qos2", V5, Two, "two", 0),
        Member("g4-v5-qos1", V5, One, "one", 0),
        Member("g5-v3-qos1", V3, One, "one", 0),
    ];

    private readonly Oddities _oddities;

    public Crowd(Func<int> port, int seed, Oddities oddities)
    {
        _oddities = oddities;
        Publishers = [.. PublisherPlans.Select(plan => new PublisherClient(plan, port, oddities, new Random(seed + plan.Number)))];
        Barrier = new PublisherClient(BarrierPlan, port, oddities, new Random(seed + BarrierPlan.Number));
        Subscribers = [.. SubscriberPlans.Select((plan, i) => new SubscriberClient(plan, port, oddities, new Random(seed + 200 + i)))];
        Wills = [.. Enumerable.Range(0, 8).Select(i =>
        {
            var (number, durable) = ((ushort)(300 + i), i % 2 == 0);
            return new WillClient(number, $"w{number}-{(durable ? "durable" : "clean")}", i < 4 ? V3 : V5, durable, port, oddities, new Random(seed + number));
        })];
    }

    public IReadOnlyList<PublisherClient> Publishers { get; }

    /// <summary>Marks the end of a round for everybody.</summary>
    public PublisherClient Barrier { get; }

    public IReadOnlyList<SubscriberClient> Subscribers { get; }

    public IReadOnlyList<WillClient> Wills { get; }

    /// <summary>Ends when all have said goodbye.</summary>
    public Task RunAsync() => Task.WhenAll(
        [
            .. Publishers.Append(Barrier).Select(client => Task.Run(() => RunAsync(client.Name, client.RunAsync))),
            .. Subscribers.Select(client => Task.Run(() => RunAsync(client.Plan.Name, client.RunAsync))),
            .. Wills.Select(client => Task.Run(() => RunAsync(client.Name, client.RunAsync))),
        ]);

    /// <summary>A client that fails itself leaves its connection open, and would be taken for one that the broker does not serve.</summary>
    private async Task RunAsync(string client, Func<Task> run)
    {
        try
        {
            await run();
        }
        catch (Exception error)
        {
            _oddities.Violation(client, $"the client itself failed: {error}");
        }
    }

    public void End()
    {
        foreach (var client in Publishers.Append(Barrier))
            client.End();
        foreach (var client in Subscribers)
            client.End();
        foreach (var client in Wills)
            client.End();
    }

    private static SubscriberPlan Member(string name, ProtocolVersion version, QualityOfService qos, string group, ushort receiveMaximum) =>
        new(name, version, qos, [$"$share/{group}/load/+/1"], []) { Group = group, Shared = GroupTopics, ReceiveMaximum = receiveMaximum };
}
