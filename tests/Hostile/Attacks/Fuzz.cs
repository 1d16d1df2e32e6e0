using Starling.Fuzzing;
using Starling.Fuzzing.Sessions;

namespace Starling.Hostile.Attacks;

/// <summary>The fuzzer of <c>tests/Fuzzing</c> as an attack. What it finds wrong in answers is its own tests' matter, not this one's.</summary>
internal static class Fuzz
{
    public static async Task RunAsync(Attacker attacker, CancellationToken cancel)
    {
        var from = attacker.Random.Next(1_000_000);
        await Attacker.RepeatAsync(1, async (_, _) =>
        {
            try
            {
                await new BrokerFuzzer(seed: 1, attacker.EndPoint, static () => []).RunAsync(from, long.MaxValue, () => !cancel.IsCancellationRequested);
            }
            catch (FuzzException)
            {
                // Its control clients suffer from the other attacks, which are of the same tenant.
            }
        }, cancel);
    }
}
