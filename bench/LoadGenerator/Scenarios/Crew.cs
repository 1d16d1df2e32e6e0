using Starling.LoadGenerator.Statistics;
using Starling.LoadGenerator.Traffic;

namespace Starling.LoadGenerator.Scenarios;

/// <summary>The workers of a scenario, driven together.</summary>
internal sealed class Crew : IDisposable
{
    private static readonly TimeSpan Glance = TimeSpan.FromMilliseconds(5);

    private readonly List<Worker> _workers;

    public Crew(LoadOptions options, IReadOnlyList<IReadOnlyList<ClientPlan>> threads, WorkerOptions workerOptions)
    {
        var perThread = workerOptions with { Opening = Math.Max(1, workerOptions.Opening / threads.Count) };
        _workers = [.. threads.Select((plans, index) => new Worker(index, plan => plan.Streams.Length > 0 ? options.ReceiversDialer : options.Dialer, options.Login, plans, perThread))];
    }

    public long Delivered => _workers.Sum(worker => worker.DeliveredCount);

    public long Acknowledged => _workers.Sum(worker => worker.AcknowledgedCount);

    public int Ready => _workers.Sum(worker => worker.ReadyCount);

    public int Refused => _workers.Sum(worker => worker.RefusedCount);

    public string? Disconnects => _workers.Sum(worker => worker.FailedCount) is > 0 and var count
        ? $"{count}: {_workers.First(worker => worker.Failure is not null).Failure}"
        : null;

    /// <summary>Starts the threads and returns when all clients are connected and subscribed.</summary>
    /// <exception cref="InvalidDataException">They did not get there.</exception>
    public void Assemble()
    {
        var planned = _workers.Sum(worker => worker.Planned);
        var deadline = Clock.Now + 30_000_000_000 + planned * 2_000_000L;
        foreach (var worker in _workers)
            worker.Start();
        while (Ready < planned)
        {
            if (Disconnects is { } failure)
                throw new InvalidDataException(failure);
            if (Clock.Now > deadline)
                throw new InvalidDataException($"Only {Ready} of {planned} clients were ready in time.");
            Thread.Sleep(1);
        }
    }

    public void Publish(bool on) => _workers.ForEach(worker => worker.Publish(on));

    public void Record(bool on) => _workers.ForEach(worker => worker.Record(on));

    /// <summary>Waits until nothing is on its way any more, or nothing has come for <paramref name="patience"/>.</summary>
    public void Drain(IReadOnlyList<Flow> flows, TimeSpan patience) =>
        WaitWhile(() => flows.Any(flow => flow.Outstanding > 0), () => Delivered, patience);

    /// <summary>Waits until all messages are acknowledged, or no acknowledgement has come for <paramref name="patience"/>.</summary>
    public void AwaitAcknowledgements(IReadOnlyList<Flow> flows, TimeSpan patience) =>
        WaitWhile(() => flows.Sum(flow => flow.Sent) > Acknowledged, () => Acknowledged, patience);

    public void Stop() => _workers.ForEach(worker => worker.Stop());

    /// <summary>After <see cref="Stop"/>: what was measured while recording.</summary>
    public LatencyHistogram Latency()
    {
        var all = new LatencyHistogram();
        _workers.ForEach(worker => all.Add(worker.Latency));
        return all;
    }

    /// <summary>Likewise, of acknowledgements.</summary>
    public LatencyHistogram AcknowledgeLatency()
    {
        var all = new LatencyHistogram();
        _workers.ForEach(worker => all.Add(worker.AcknowledgeLatency));
        return all;
    }

    public IEnumerable<ClientPlan> Plans => _workers.SelectMany(worker => worker.Plans);

    public void Dispose() => _workers.ForEach(worker => worker.Dispose());

    private static void WaitWhile(Func<bool> pending, Func<long> progress, TimeSpan patience)
    {
        var last = progress();
        var since = Clock.Now;
        while (pending() && Clock.SecondsSince(since) < patience.TotalSeconds)
        {
            Thread.Sleep(Glance);
            if (progress() == last)
                continue;
            last = progress();
            since = Clock.Now;
        }
    }
}
