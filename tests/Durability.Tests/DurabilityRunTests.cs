using Starling.Durability.Faults;

namespace Starling.Durability.Tests;

/// <summary>The short form of what <c>tests/durable</c> does at length. A failure names the seed and where logs and database are.</summary>
public sealed class DurabilityRunTests(ITestOutputHelper output)
{
    [Fact]
    public Task Nothing_acknowledged_is_lost_when_the_broker_is_killed() => RunAsync(FaultKind.Broker, rounds: 6);

    [Fact]
    public Task Nothing_acknowledged_is_lost_when_the_database_is_killed() => RunAsync(FaultKind.Database, rounds: 4);

    [Fact]
    public Task Nothing_acknowledged_is_lost_when_both_are_killed() => RunAsync(FaultKind.Both, rounds: 2);

    [Theory]
    [Trait("Nightly", "only")]
    [InlineData(nameof(FaultKind.Broker), 40)]
    [InlineData(nameof(FaultKind.Database), 20)]
    [InlineData(nameof(FaultKind.Both), 20)]
    [InlineData(nameof(FaultKind.Pause), 10)]
    [InlineData(nameof(FaultKind.Node), 20)]
    [InlineData(nameof(FaultKind.Rolling), 5)]
    public Task Nothing_acknowledged_is_lost_in_many_rounds(string fault, int rounds) => RunAsync(Enum.Parse<FaultKind>(fault), rounds);

    private async Task RunAsync(FaultKind fault, int rounds)
    {
        var options = RunOptions.For(rounds, fault, Random.Shared.Next(1_000_000));
        var story = new StringWriter();

        var verdict = await DurabilityRun.RunAsync(options, story);

        output.WriteLine(story.ToString());
        verdict.Violations.ShouldBeEmpty($"seed {options.Seed}, see {options.Folder}\n{story}");
        verdict.Acknowledged.ShouldBeGreaterThan(0);
        Directory.Delete(options.Folder, recursive: true);
    }
}
