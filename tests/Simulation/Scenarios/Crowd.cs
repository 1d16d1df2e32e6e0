using Starling.Protocol;
using Starling.Simulation.Checks;
using Starling.Simulation.Clients;
using Starling.Simulation.Time;

namespace Starling.Simulation.Scenarios;

/// <summary>Makes up the clients of a tenant.</summary>
internal sealed class Crowd(string tenant, Dice dice)
{
    private static readonly QualityOfService[] All = [QualityOfService.AtMostOnce, QualityOfService.AtLeastOnce, QualityOfService.ExactlyOnce];
    /// <summary>Where publishers publish.</summary>
    public static readonly string[] AllTopics = ["a/1", "a/2", "b/1", "b/2/c"];
    private static readonly string[] Filters = ["a/1", "a/2", "b/1", "a/+", "a/#", "b/#", "#", "+/1"];

    public IReadOnlyList<ClientPlan> Make()
    {
        List<ClientPlan> plans =
        [
            Plan("witness") with { ExpirySeconds = 3600, Subscriptions = [(WillRule.Topic + "/#", QualityOfService.ExactlyOnce)] },
        ];
        for (var i = dice.Int(1, 4); i > 0; i--)
            plans.Add(Publisher(i));
        for (var i = dice.Int(1, 4); i > 0; i--)
            plans.Add(Subscriber(i));
        if (dice.Chance(0.4))
            plans.AddRange(Group());
        for (var i = dice.Int(0, 3); i > 0; i--)
            plans.Add(Mortal(i));
        if (dice.Chance(0.5))
            plans.Add(Retainer());
        return plans;
    }

    private ClientPlan Plan(string name) => new()
    {
        Tenant = tenant,
        ClientId = name,
        Version = dice.Chance(0.6) ? ProtocolVersion.Mqtt5 : ProtocolVersion.Mqtt311,
        KeepAlive = 2,
    };

    private ClientPlan Publisher(int number) => Plan($"pub{number}") with
    {
        ExpirySeconds = dice.Chance(0.6) ? 3600u : 0,
        Topics = [.. Enumerable.Range(0, dice.Int(1, 3)).Select(_ => dice.Pick(AllTopics))],
        QoS = dice.Chance(0.5) ? All : [dice.Pick(All)],
        Pace = dice.Int(40, 500),
        Size = dice.Chance(0.1) ? 3000 : 60,
        Restlessness = dice.Chance(0.5) ? dice.Int(500, 4000) : 0,
    };

    private ClientPlan Subscriber(int number)
    {
        var isDurable = dice.Chance(0.6);
        var filters = Enumerable.Range(0, dice.Int(1, 4)).Select(_ => dice.Pick(Filters)).Distinct();
        return Plan($"sub{number}") with
        {
            ExpirySeconds = isDurable ? dice.Chance(0.8) ? 3600u : 4u : 0,
            Subscriptions = [.. filters.Select(filter => (filter, dice.Chance(0.15) ? QualityOfService.AtMostOnce : dice.Pick(All[1..])))],
            Restlessness = dice.Chance(0.6) ? dice.Int(700, 5000) : 0,
            AckDelay = dice.Chance(0.3) ? dice.Int(1, 300) : 0,
            ReceiveMaximum = dice.Chance(0.3) ? (ushort)dice.Int(1, 5) : (ushort)100,
            IsSlow = dice.Chance(0.1),
        };
    }

    private IEnumerable<ClientPlan> Group()
    {
        var isDurable = dice.Chance(0.6);
        var filter = "$share/g/" + dice.Pick(Filters);
        for (var i = dice.Int(2, 4); i > 0; i--)
        {
            yield return Plan($"member{i}") with
            {
                ExpirySeconds = isDurable ? 3600u : 0,
                Subscriptions = [(filter, QualityOfService.ExactlyOnce)],
                Restlessness = dice.Chance(0.5) ? dice.Int(700, 5000) : 0,
            };
        }
    }

    private ClientPlan Mortal(int number) => Plan($"mortal{number}") with
    {
        ExpirySeconds = dice.Chance(0.5) ? 3600u : 0,
        Will = new WillPlan(WillRule.Topic + "/" + number, dice.Pick(All[1..]), dice.Chance(0.5) ? 0u : (uint)dice.Int(1, 4)),
        Restlessness = dice.Int(700, 3000),
    };

    private ClientPlan Retainer() => Plan("keeper") with
    {
        ExpirySeconds = dice.Chance(0.5) ? 3600u : 0,
        Topics = ["kept/1", "kept/2"],
        QoS = [QualityOfService.AtLeastOnce],
        Retains = true,
        Pace = dice.Int(100, 500),
        Restlessness = dice.Chance(0.5) ? dice.Int(500, 4000) : 0,
    };
}
