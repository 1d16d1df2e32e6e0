using System.Globalization;
using Starling.Protocol;

namespace Starling.EndToEnd.Tests.Tenancy;

/// <summary>What one client of a tenant does next.</summary>
internal abstract record Step(int Client)
{
    public sealed record Connect(int Client, bool Clean, uint Expiry, bool Will, bool WillRetain) : Step(Client);

    public sealed record Leave(int Client, bool Abruptly) : Step(Client);

    public sealed record Subscribe(int Client, string Filter, QualityOfService QoS) : Step(Client);

    public sealed record Unsubscribe(int Client, string Filter) : Step(Client);

    public sealed record Publish(int Client, string Topic, QualityOfService QoS, bool Retain, string Payload) : Step(Client);
}

/// <summary>Random traffic of a tenant's clients. Two tenants that draw from here have all their names in common.</summary>
internal static class Script
{
    public const int Clients = 5;

    private static readonly string[] Topics = ["a", "a/b", "a/b/c", "b", "house/kitchen", "too/many/levels/for/the/limit"];

    private static readonly string[] Filters = ["a", "a/+", "a/#", "#", "+/b", "b", "house/#", "will/+", "$share/g/a/#", "$share/g/b", "$share/h/#", "too/many/levels/for/the/limit"];

    public static IReadOnlyList<Step> Random(int seed, int length)
    {
        // Not for secrets: a script has to come back by its seed.
#pragma warning disable CA5394
        var random = new Random(seed);
        var steps = new List<Step>();
        for (var i = 0; i < length; i++)
        {
            var client = random.Next(Clients);
            steps.Add(random.Next(i < 6 ? 3 : 12) switch
            {
                0 or 1 or 2 => new Step.Connect(client, random.Next(3) == 0, random.Next(2) == 0 ? 0u : 3600, random.Next(2) == 0, random.Next(2) == 0),
                3 => new Step.Leave(client, Abruptly: random.Next(2) == 0),
                4 or 5 or 6 => new Step.Subscribe(client, Of(Filters), (QualityOfService)random.Next(3)),
                7 => new Step.Unsubscribe(client, Of(Filters)),
                _ => new Step.Publish(
                    client, Of(Topics), (QualityOfService)random.Next(3), random.Next(3) == 0,
                    random.Next(6) == 0 ? "" : new string('x', random.Next(3)) + i.ToString(CultureInfo.InvariantCulture)),
            });
        }

        return steps;

        string Of(string[] names) => names[random.Next(names.Length)];
#pragma warning restore CA5394
    }
}
