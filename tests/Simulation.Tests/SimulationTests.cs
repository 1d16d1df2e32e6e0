using Starling.Simulation.Runs;

namespace Starling.Simulation.Tests;

public sealed class SimulationTests
{
    [Fact]
    public async Task Every_promise_holds_in_two_thousand_seeds()
    {
        var (exitCode, output) = await SimulationProgram.RunAsync("--from", "1", "--seeds", "2000");

        exitCode.ShouldBe(0, output);
        output.ShouldContain("2000 seeds, 0 failed");
    }

    [Fact]
    public async Task A_seed_is_the_same_in_every_process_down_to_the_last_event()
    {
        foreach (var seed in (string[])["3", "8", "21"])
        {
            var first = await SimulationProgram.RunAsync("--seed", seed);
            var second = await SimulationProgram.RunAsync("--seed", seed);

            first.Output.ShouldContain("hash");
            second.Output.ShouldBe(first.Output);
        }
    }

    [Theory]
    [InlineData(nameof(BrokenRule.StoreIgnoresEpochs), 600)]
    [InlineData(nameof(BrokenRule.AnswersBeforeWriting), 200)]
    [InlineData(nameof(BrokenRule.RepeatsAreNotKnown), 200)]
    [InlineData(nameof(BrokenRule.ShardServesWithoutRoutes), 200)]
    [InlineData(nameof(BrokenRule.LostTransfersAreNotRepeated), 200)]
    [InlineData(nameof(BrokenRule.OlderConnectionsStay), 200)]
    [InlineData(nameof(BrokenRule.WillsOfTheDeadAreDropped), 200)]
    public async Task A_promise_that_is_broken_on_purpose_is_noticed(string rule, int within)
    {
        var (exitCode, output) = await SimulationProgram.RunAsync("--broken", rule, "--from", "1", "--seeds", $"{within}", "--most-failures", "1");

        exitCode.ShouldBe(1, output);
        output.ShouldContain("FAILED");
        output.ShouldContain($"--broken {rule}");
    }
}
