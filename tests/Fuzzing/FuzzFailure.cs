namespace Starling.Fuzzing;

/// <summary>A case that showed something wrong.</summary>
/// <param name="Seed">Of the run.</param>
/// <param name="Index">Of the case.</param>
/// <param name="Mode">The command's first argument.</param>
/// <param name="Problem">What is wrong.</param>
/// <param name="Details">The smallest form of the case that was found.</param>
public sealed record FuzzFailure(int Seed, long Index, string Mode, string Problem, string Details)
{
    public override string ToString() => $"""
        {Problem}
        {Details}
        again: dotnet run --project tests/Fuzzing -c Release -- {Mode} --seed {Seed} --from {Index} --cases 1
        """;
}

/// <summary>What a case is not allowed to show.</summary>
public sealed class FuzzException(string problem, Exception? cause = null) : Exception(problem, cause);
