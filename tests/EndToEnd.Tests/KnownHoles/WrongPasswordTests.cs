using System.Diagnostics;
using System.Text;
using Starling.Protocol;
using Starling.Testing;

namespace Starling.EndToEnd.Tests.KnownHoles;

/// <summary>Measures processor time and how long others wait.</summary>
[Trait("Lane", "alone")]
public sealed class WrongPasswordTests
{
    [Fact]
    public async Task A_flood_of_wrong_passwords_takes_the_hashing_threads_and_never_the_data_path()
    {
        await using var target = await Target.StartAsync(limits: new { halfOpenPerAddress = 1000, connectTimeout = "5m" }, iterations: PasswordHash.UsualIterations / 4);
        await using var pair = await HealthyPair.StartAsync(target);
        var reasons = new Dictionary<ReasonCode, int>();
        var since = Stopwatch.GetTimestamp();
        var before = target.Broker.Figures.ProcessorTime;

        // All at once, each with a password of its own: 128 may wait for one tenant, and what the thread has in hand.
        foreach (var reason in await Task.WhenAll(Enumerable.Range(0, 250).Select(i => TryAsync($"wrong {i}"))))
            reasons[reason] = reasons.GetValueOrDefault(reason) + 1;

        var took = Stopwatch.GetElapsedTime(since);
        var processors = (target.Broker.Figures.ProcessorTime - before) / took;
        TestContext.Current.TestOutputHelper?.WriteLine(
            $"{string.Join(", ", reasons.Select(r => $"{r.Value} {r.Key}"))} in {took.TotalSeconds:0.0} s on {processors:0.00} processors");
        reasons.Keys.ShouldBe([ReasonCode.BadUserNameOrPassword, ReasonCode.ServerBusy], ignoreOrder: true);
        // A quarter of the processors hashes, at least one; what the packets cost comes on top.
        processors.ShouldBeLessThan(Math.Max(1, Environment.ProcessorCount / 4) + 0.6);
        await pair.ShouldHaveBeenWellAsync(medianMilliseconds: 50, worstMilliseconds: 2000);
        await target.ShouldBeWellAsync(withinMiB: 64);

        async Task<ReasonCode> TryAsync(string password)
        {
            await using var client = await target.OpenAsync();
            client.Patience = TimeSpan.FromMinutes(2);
            return (await client.ConnectAsync(Target.Login("c") with { Password = Encoding.UTF8.GetBytes(password) })).ReasonCode;
        }
    }
}
