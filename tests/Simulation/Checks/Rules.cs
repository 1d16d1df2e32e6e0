using Starling.Simulation.History;

namespace Starling.Simulation.Checks;

/// <summary>All that must hold when everything has come to rest.</summary>
internal static class Rules
{
    public static IEnumerable<string> Check(RunHistory history, RunFacts facts) =>
    [
        .. DeliveryRule.Check(history, facts),
        .. SharedRule.Check(history, facts),
        .. OrderRule.Check(history),
        .. OnceRule.Check(history, facts),
        .. WillRule.Check(history, facts),
    ];
}

/// <summary>What rules have to know of a run.</summary>
/// <param name="CalmFrom">No fault from here on, and all that had one is over.</param>
/// <param name="Faults">When something was wrong with nodes or the database.</param>
internal sealed record RunFacts(TimeSpan CalmFrom, IReadOnlyList<(TimeSpan From, TimeSpan To, string Kind)> Faults)
{
    /// <summary>Whether nodes died, or there were two objects for one: what only one of them knew may be done again.</summary>
    public bool HadDeaths => Faults.Any(fault => fault.Kind is not ("outage" or "losses"));

    public bool IsQuiet(TimeSpan from, TimeSpan to) => !Faults.Any(fault => fault.From <= to && fault.To >= from);

    /// <summary>Whether edges went: with them goes what was on its way to their clients.</summary>
    public bool LostEdges => Faults.Any(fault => fault.Kind.Contains("edge", StringComparison.Ordinal) || fault.Kind == "crash");
}
