namespace Starling.Fuzzing.Sessions;

/// <summary>What a few clients do, in turn.</summary>
/// <param name="Prefix">First level of their topics and start of their client identifiers; no other scenario's.</param>
/// <param name="Players">The clients.</param>
/// <param name="Steps">In order.</param>
public sealed record Scenario(string Prefix, IReadOnlyList<Player> Players, IReadOnlyList<Step> Steps)
{
    /// <param name="seed">Of the run.</param>
    /// <param name="index">Of the case.</param>
    /// <param name="attempt">Another one gives the same scenario with other names, so that it does not meet what the last has left.</param>
    public static Scenario Create(int seed, long index, int attempt = 0)
    {
        var prefix = $"f{CaseRandom.Mix(seed, index) ^ CaseRandom.Mix(attempt, seed):x16}";
        return new ScenarioWriter(CaseRandom.For(seed, index), prefix).Write();
    }

    public override string ToString() => string.Join('\n',
        [.. Players.Select((player, i) => $"    client {i}: {player}"), .. Steps.Select(step => step.ToString())]);
}
