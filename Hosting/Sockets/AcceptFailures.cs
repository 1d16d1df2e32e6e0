using System.Diagnostics.Metrics;
using Microsoft.Extensions.Logging;

namespace Starling.Hosting.Sockets;

/// <summary>Connections that could not be accepted because the process or the system has no file descriptor or memory for them. Thread-safe.</summary>
internal sealed partial class AcceptFailures
{
    public const string MeterName = "Starling.Accepting";

    /// <summary>How long after a failure the process is not ready for more connections.</summary>
    private static readonly TimeSpan Lasting = TimeSpan.FromSeconds(10);

    private static readonly TimeSpan LogInterval = TimeSpan.FromMinutes(1);

    private readonly TimeProvider _time;
    private readonly ILogger<AcceptFailures> _logger;
    private readonly Counter<long> _failures;
    private readonly Lock _gate = new();
    private long? _last;
    private long? _logged;
    private long _refused;

    public AcceptFailures(IMeterFactory meters, TimeProvider time, ILogger<AcceptFailures> logger)
    {
        (_time, _logger) = (time, logger);
        _failures = meters.Create(MeterName).CreateCounter<long>(
            "starling.accept.failures", description: "Connections that could not be accepted for want of file descriptors or memory, and were refused.");
    }

    /// <summary>Whether it has happened within the last 10 s.</summary>
    public bool AreRecent
    {
        get
        {
            lock (_gate)
                return _last is { } last && _time.GetElapsedTime(last) < Lasting;
        }
    }

    /// <param name="problem">The system's words.</param>
    /// <param name="refused">Connections that were closed for it.</param>
    public void Add(string problem, int refused)
    {
        _failures.Add(Math.Max(refused, 1));
        long since;
        lock (_gate)
        {
            _last = _time.GetTimestamp();
            _refused += refused;
            if (_logged is { } logged && _time.GetElapsedTime(logged) < LogInterval)
                return;
            _logged = _last;
            since = _refused;
            _refused = 0;
        }

        LogExhausted(since, problem);
    }

    [LoggerMessage(
        Level = LogLevel.Error,
        Message = "Connections cannot be accepted, {Count} refused since this was last said: {Problem}. Raise the limit of open files (ulimit -n, LimitNOFILE), or lower limits.maximumConnections")]
    private partial void LogExhausted(long count, string problem);
}
