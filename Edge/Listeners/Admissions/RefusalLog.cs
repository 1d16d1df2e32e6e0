using System.Runtime.InteropServices;
using Microsoft.Extensions.Logging;
using Starling.Broker.Threading;

namespace Starling.Edge.Listeners.Admissions;

/// <summary>Says in one line every few seconds how many connections were refused, never one line each.</summary>
internal sealed partial class RefusalLog : IDisposable
{
    private static readonly TimeSpan Window = TimeSpan.FromSeconds(10);

    private readonly Lock _gate = new();
    private readonly Dictionary<(string Listener, string Reason), int> _counts = [];
    private readonly ILogger<RefusalLog> _logger;
    private readonly ITimer _timer;
    private bool _armed;

    public RefusalLog(ILogger<RefusalLog> logger, TimeProvider time)
    {
        _logger = logger;
        _timer = time.CreateGuardedTimer(Write, logger, "Report of refused connections", Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    public void Refused(string listener, string reason)
    {
        lock (_gate)
        {
            CollectionsMarshal.GetValueRefOrAddDefault(_counts, (listener, reason), out _)++;
            if (_armed)
                return;
            _armed = true;
            _timer.Change(Window, Timeout.InfiniteTimeSpan);
        }
    }

    /// <summary>Writes what was not written yet.</summary>
    public void Dispose()
    {
        _timer.Dispose();
        Write();
    }

    private void Write()
    {
        KeyValuePair<(string Listener, string Reason), int>[] counts;
        lock (_gate)
        {
            counts = [.. _counts.OrderByDescending(count => count.Value)];
            _counts.Clear();
            _armed = false;
        }
        if (counts.Length == 0 || !_logger.IsEnabled(LogLevel.Warning))
            return;
        var reasons = string.Join(", ", counts.Select(count => $"{count.Key.Listener} {count.Key.Reason} {count.Value}"));
        LogRefused(counts.Sum(count => (long)count.Value), reasons);
    }
}
