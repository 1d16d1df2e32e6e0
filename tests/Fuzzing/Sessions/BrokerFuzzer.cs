using System.Net;

namespace Starling.Fuzzing.Sessions;

/// <summary>Plays scenarios against a broker, a few at a time.</summary>
/// <param name="seed">Of the run.</param>
/// <param name="endPoint">Where the broker listens.</param>
/// <param name="problems">What the broker itself has noticed; empty for one in another process.</param>
public sealed class BrokerFuzzer(int seed, EndPoint endPoint, Func<IReadOnlyCollection<string>> problems)
{
    private const int MaxFailures = 5;

    /// <summary>Before a smaller scenario is held to be harmless: what goes wrong may depend on which of two connections is faster.</summary>
    private const int Repeats = 4;

    private readonly Lock _lock = new();
    private readonly List<FuzzFailure> _failures = [];
    private long _connections;
    private long _scenarios;
    private int _attempts;

    public long Connections => Interlocked.Read(ref _connections);

    public long Scenarios => Interlocked.Read(ref _scenarios);

    /// <returns>What went wrong, from few cases at most.</returns>
    /// <param name="from">First case.</param>
    /// <param name="count">Most cases.</param>
    /// <param name="goesOn">Asked before each case.</param>
    /// <param name="atOnce">Cases that are played at the same time.</param>
    public async Task<IReadOnlyList<FuzzFailure>> RunAsync(long from, long count, Func<bool> goesOn, int atOnce = 4)
    {
        var next = from - 1;
        await Task.WhenAll(Enumerable.Range(0, (int)Math.Min(atOnce, count)).Select(PlayAsync));
        if (problems() is { Count: > 0 } noticed)
            _failures.Add(new(seed, from, "broker", "the broker logged errors", string.Join('\n', noticed.Take(MaxFailures))));
        return _failures;

        async Task PlayAsync(int worker)
        {
            var control = await ControlPair.StartAsync(endPoint, $"control-{seed}-{from}-{worker}");
            try
            {
                while (_failures.Count < MaxFailures && problems().Count == 0 && goesOn() && Interlocked.Increment(ref next) is var index && index - from < count)
                {
                    if (await FailureOfAsync(index, control) is not { } failure)
                        continue;
                    lock (_lock)
                        _failures.Add(failure);
                    // It may have been this pair that suffered.
                    await control.DisposeAsync();
                    control = await ControlPair.StartAsync(endPoint, $"control-{seed}-{index}-{worker}-again");
                }
            }
            finally
            {
                await control.DisposeAsync();
            }
        }
    }

    private async Task<FuzzFailure?> FailureOfAsync(long index, ControlPair control)
    {
        var scenario = Scenario.Create(seed, index);
        var problem = await ProblemOfAsync(index, scenario, control);
        if (problem is null)
            return null;
        var kept = await MinimizeAsync(index, scenario, control);
        return new(seed, index, "broker", problem, (kept ?? scenario).ToString());
    }

    private async Task<string?> ProblemOfAsync(long index, Scenario scenario, ControlPair control)
    {
        using var run = new ScenarioRun(scenario, endPoint, CaseRandom.For(seed + 1, index));
        try
        {
            await run.PlayAsync();
            await control.ExchangeAsync();
            await control.ClearAsync(run.Retained);
            return null;
        }
        catch (FuzzException exception)
        {
            return exception.Message;
        }
        catch (Exception exception)
        {
            return exception.ToString();
        }
        finally
        {
            Interlocked.Add(ref _connections, run.Connections);
            Interlocked.Increment(ref _scenarios);
        }
    }

    /// <summary>Leaves out steps for as long as something stays wrong; null when it does not fail again at all.</summary>
    private async Task<Scenario?> MinimizeAsync(long index, Scenario scenario, ControlPair control)
    {
        Scenario? smallest = null;
        var kept = Enumerable.Range(0, scenario.Steps.Count).ToList();
        for (var length = kept.Count; length > 0; length /= 2)
        {
            for (var at = 0; at + length <= kept.Count;)
            {
                List<int> fewer = [.. kept[..at], .. kept[(at + length)..]];
                if (length == kept.Count)
                    fewer = kept;
                var fails = false;
                for (var times = 0; times < Repeats && !fails; times++)
                {
                    var whole = Scenario.Create(seed, index, Interlocked.Increment(ref _attempts));
                    var tried = whole with { Steps = [.. fewer.Select(step => whole.Steps[step])] };
                    fails = await ProblemOfAsync(index, tried, control) is not null;
                    if (fails)
                        (smallest, kept) = (tried, fewer);
                }
                if (fewer == kept && !fails)
                    return null;
                if (!fails || fewer == kept)
                    at += length;
            }
        }
        return smallest;
    }
}
