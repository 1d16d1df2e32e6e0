using System.Diagnostics;
using System.Text;
using Starling.EndToEnd.Tests.Harness;
using Starling.Protocol;

namespace Starling.EndToEnd.Tests.KnownHoles;

[Collection(nameof(KnownHoles))]
public sealed class WrongPasswordTests
{
    [Fact]
    public async Task A_flood_of_wrong_passwords_takes_the_hashing_threads_and_never_the_data_path()
    {
        await using var target = await Target.StartAsync(limits: new { halfOpenPerAddress = 1000 }, iterations: PasswordHash.UsualIterations);
        await using var pair = await HealthyPair.StartAsync(target);
        var reasons = new Dictionary<ReasonCode, int>();
        var since = Stopwatch.GetTimestamp();
        var before = target.Broker.Figures.ProcessorTime;

        // Ninety at a time, each with a password of its own.
        for (var round = 0; round < 8; round++)
        {
            foreach (var reason in await Task.WhenAll(Enumerable.Range(0, 90).Select(i => TryAsync($"wrong {round}/{i}"))))
                reasons[reason] = reasons.GetValueOrDefault(reason) + 1;
        }

        var took = Stopwatch.GetElapsedTime(since);
        var processors = (target.Broker.Figures.ProcessorTime - before) / took;
        TestContext.Current.TestOutputHelper?.WriteLine(
            $"{string.Join(", ", reasons.Select(r => $"{r.Value} {r.Key}"))} in {took.TotalSeconds:0.0} s on {processors:0.00} processors");
        reasons.Keys.ShouldBeSubsetOf([ReasonCode.BadUserNameOrPassword, ReasonCode.NotAuthorized, ReasonCode.ServerBusy]);
        // A quarter of the processors hashes, at least one; what the packets cost comes on top.
        processors.ShouldBeLessThan(Math.Max(1, Environment.ProcessorCount / 4) + 0.6);
        await pair.ShouldHaveBeenWellAsync(medianMilliseconds: 50, worstMilliseconds: 2000);
        await target.ShouldBeWellAsync(withinMiB: 64);

        async Task<ReasonCode> TryAsync(string password)
        {
            await using var client = await target.OpenAsync();
            return (await client.ConnectAsync(Target.Login("c") with { Password = Encoding.UTF8.GetBytes(password) })).ReasonCode;
        }
    }
}
