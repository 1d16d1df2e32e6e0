using System.Net;
using System.Runtime.InteropServices;
using Microsoft.Extensions.Logging;
using Starling.Broker.Threading;
using Starling.Edge.Transports;

namespace Starling.Edge.Connections;

/// <summary>
/// Lets one line about refused CONNECTs through for each listener, reason, address and minute. Others are counted, and said to be missing with
/// the next line that is like them, or when the minute is over. Thread-safe.
/// </summary>
internal sealed partial class RefusalLines : IDisposable
{
    private static readonly TimeSpan Window = TimeSpan.FromMinutes(1);

    /// <summary>Different ones that are remembered. Beyond them, all other addresses are one.</summary>
    private const int MaxLines = 4096;

    private readonly Lock _gate = new();
    private readonly Dictionary<Line, Count> _lines = [];
    private readonly TimeProvider _time;
    private readonly ILogger<RefusalLines> _logger;
    private readonly ITimer _timer;

    public RefusalLines(TimeProvider time, ILogger<RefusalLines> logger)
    {
        (_time, _logger) = (time, logger);
        _timer = time.CreateGuardedTimer(Sweep, logger, "Report of refused logins", Window, Window);
    }

    /// <param name="reason">One of few: what is refused, not by which client.</param>
    /// <returns>Whether a line is to be written.</returns>
    public bool MayLog(string listener, string reason, IPEndPoint? address)
    {
        var line = new Line(listener, reason, address is null ? null : AddressKey.Of(address.Address));
        lock (_gate)
        {
            if (_lines.Count >= MaxLines && !_lines.ContainsKey(line))
                line = line with { Address = null };
            ref var count = ref CollectionsMarshal.GetValueRefOrAddDefault(_lines, line, out var exists);
            if (exists && _time.GetElapsedTime(count.Since) < Window)
            {
                count.Suppressed++;
                return false;
            }

            if (count.Suppressed > 0)
                LogSuppressed(count.Suppressed, listener, reason, line.Address);
            count = new Count(_time.GetTimestamp(), 0);
            return true;
        }
    }

    public void Dispose() => _timer.Dispose();

    private void Sweep()
    {
        List<KeyValuePair<Line, Count>> over;
        lock (_gate)
        {
            over = [.. _lines.Where(line => _time.GetElapsedTime(line.Value.Since) >= Window)];
            foreach (var (line, _) in over)
                _lines.Remove(line);
        }

        foreach (var (line, count) in over.Where(line => line.Value.Suppressed > 0))
            LogSuppressed(count.Suppressed, line.Listener, line.Reason, line.Address);
    }

    [LoggerMessage(
        Level = LogLevel.Information,
        Message = "Listener {Listener}: refused {Count} more CONNECTs of {Address} within a minute, {Reason}")]
    private partial void LogSuppressed(long count, string listener, string reason, AddressKey? address);

    private readonly record struct Line(string Listener, string Reason, AddressKey? Address);

    private record struct Count(long Since, long Suppressed);
}
