using System.Globalization;
using Starling.Simulation.Runs;

namespace Starling.Simulation.Tests;

public sealed class SimulationTests
{
    [Fact]
    public Task Every_promise_holds_in_a_thousand_seeds() => HoldsAsync(1000);

    [Fact]
    [Trait("Nightly", "only")]
    public Task Every_promise_holds_in_twenty_thousand_seeds() => HoldsAsync(20_000);

    [Fact]
    public async Task A_seed_is_the_same_in_every_process_down_to_the_last_event()
    {
        foreach (var seed in (string[])["3", "8", "21"])
        {
            var first = SimulationProgram.RunAsync("--seed", seed);
            var second = SimulationProgram.RunAsync("--seed", seed);

            (await first).Output.ShouldContain("hash");
            (await second).Output.ShouldBe((await first).Output);
        }
    }

    /// <summary>
    /// Begins at a seed that is known to notice it, and goes on from there should a change of the simulation have made it another one: then
    /// the test takes longer, and <c>--broken RULE --from 1 --most-failures 1 --processes 1</c> names a new one to begin at.
    /// </summary>
    [Theory]
    [InlineData(nameof(BrokenRule.StoreIgnoresEpochs), 163, 600)]
    [InlineData(nameof(BrokenRule.AnswersBeforeWriting), 7, 200)]
    [InlineData(nameof(BrokenRule.RepeatsAreNotKnown), 7, 200)]
    [InlineData(nameof(BrokenRule.ShardServesWithoutRoutes), 1, 200)]
    [InlineData(nameof(BrokenRule.LostTransfersAreNotRepeated), 7, 200)]
    [InlineData(nameof(BrokenRule.OlderConnectionsStay), 15, 200)]
    [InlineData(nameof(BrokenRule.WillsOfTheDeadAreDropped), 15, 200)]
    public async Task A_promise_that_is_broken_on_purpose_is_noticed(string rule, int from, int within)
    {
        var (exitCode, output) = await SimulationProgram.RunAsync(
            "--broken", rule, "--from", Text(from), "--seeds", Text(within), "--most-failures", "1", "--processes", "1");

        exitCode.ShouldBe(1, output);
        output.ShouldContain("FAILED");
        output.ShouldContain($"--broken {rule}");
    }

    private static async Task HoldsAsync(int seeds)
    {
        var (exitCode, output) = await SimulationProgram.RunAsync("--from", "1", "--seeds", Text(seeds));

        exitCode.ShouldBe(0, output);
        output.ShouldContain($"{seeds} seeds, 0 failed");
    }

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}
