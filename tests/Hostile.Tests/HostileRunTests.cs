namespace Starling.Hostile.Tests;

/// <summary>The short form of what <c>tests/hostile</c> does at length.</summary>
[Trait("Lane", "alone")]
public sealed class HostileRunTests(ITestOutputHelper output)
{
    [Fact]
    public Task The_default_settings_survive_every_attack_and_other_tenants_notice_nothing() => RunAsync(TimeSpan.FromMinutes(1));

    [Fact]
    [Trait("Nightly", "only")]
    public Task The_default_settings_survive_half_an_hour_of_attacks() => RunAsync(TimeSpan.FromMinutes(30));

    private async Task RunAsync(TimeSpan time)
    {
        var story = new StringWriter();

        var problems = await HostileRun.RunAsync(new HostileOptions { Time = time, Seed = Random.Shared.Next(1_000_000) }, story);

        output.WriteLine(story.ToString());
        problems.ShouldBeEmpty(story.ToString());
    }
}
