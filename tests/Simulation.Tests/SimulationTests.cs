using System.Globalization;
using System.Text.RegularExpressions;
using Starling.Simulation.Runs;

namespace Starling.Simulation.Tests;

public sealed partial class SimulationTests
{
    /// <summary>Seeds in which a promise is broken that is not mended yet (ARCHITECTURE.md, "Known limits"). A seed that holds has to go from here.</summary>
    private static readonly Dictionary<int, string> Open = new()
    {
        [1002] = "messages of a publisher come out of order after its connection has moved between edges, cause not found",
        [1348] = "a QoS 2 message comes twice to a durable session when its publisher reconnects while the shard begins elsewhere",
        [1487] = "as seed 1348",
    };

    public static TheoryData<int> OpenSeeds => [.. Open.Keys];

    [Fact]
    public async Task Every_promise_holds_in_two_thousand_seeds()
    {
        var (_, output) = await SimulationProgram.RunAsync("--from", "1", "--seeds", "2000");

        output.ShouldContain("2000 seeds, ");
        FailedSeed().Matches(output).Select(match => int.Parse(match.Groups["seed"].ValueSpan, CultureInfo.InvariantCulture))
            .Except(Open.Keys).ShouldBeEmpty(output);
    }

    [Theory]
    [MemberData(nameof(OpenSeeds))]
    public async Task A_seed_that_is_open_still_fails(int seed)
    {
        var (exitCode, output) = await SimulationProgram.RunAsync("--from", $"{seed}", "--seeds", "1");

        exitCode.ShouldBe(1, $"seed {seed} holds now: it is to be taken off the list\n{output}");
        Assert.Skip($"a promise is broken in seed {seed}: {Open[seed]}");
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

    [GeneratedRegex(@"^seed (?<seed>\d+) FAILED", RegexOptions.Multiline)]
    private static partial Regex FailedSeed();
}
