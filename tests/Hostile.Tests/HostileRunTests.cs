namespace Starling.Hostile.Tests;

/// <summary>The short form of what <c>tests/hostile</c> does at length.</summary>
[Trait("Lane", "alone")]
public sealed class HostileRunTests(ITestOutputHelper output)
{
    /// <summary>Above what the attacks took when this was written, and far below what they took before.</summary>
    private const int MemoryMiB = 2048;

    private const int P99Milliseconds = 250;

    [Fact]
    public Task The_default_settings_survive_each_attack_and_other_tenants_are_served() => RunAsync(TimeSpan.FromMinutes(0.5));

    [Fact]
    [Trait("Nightly", "only")]
    public Task The_default_settings_survive_ten_minutes_of_attacks() => RunAsync(TimeSpan.FromMinutes(10));

    private async Task RunAsync(TimeSpan time)
    {
        var story = new StringWriter();
        var options = new HostileOptions
        {
            Time = time,
            Seed = Random.Shared.Next(1_000_000),
            MemoryMiB = MemoryMiB,
            P99Milliseconds = P99Milliseconds,
            Together = false,
        };

        var problems = await HostileRun.RunAsync(options, story);

        output.WriteLine(story.ToString());
        problems.ShouldBeEmpty(story.ToString());
    }
}
