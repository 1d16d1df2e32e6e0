using System.Diagnostics.Metrics;
using Microsoft.Extensions.Logging;
using Starling.Broker.Contracts;
using Starling.Cluster.Diagnostics;

namespace Starling.Cluster.Links;

/// <summary>Where links report calls that failed and that they repeat: counted by kind of link, and logged at a bounded rate.</summary>
public sealed partial class LinkFailures : IDisposable
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(30);

    private readonly Meter _meter;
    private readonly Counter<long> _failures;
    private readonly LogPace _pace;
    private readonly ILogger _logger;

    public LinkFailures(TimeProvider time, ILogger<LinkFailures> logger, IMeterFactory? factory = null)
    {
        _meter = factory?.Create("Starling.Cluster") ?? new Meter("Starling.Cluster");
        _failures = _meter.CreateCounter<long>("starling.link.call.failures", "{call}", "Transfers between processes that failed and are repeated");
        _pace = new LogPace(time, Interval);
        _logger = logger;
    }

    /// <param name="link">The kind of link: <c>shard</c>, <c>edge</c> or <c>inbox</c>.</param>
    /// <param name="error">What the call ended with.</param>
    public void Report(string link, Exception error)
    {
        ArgumentNullException.ThrowIfNull(error);
        // That a call gets lost happens whenever a process goes. Anything else is a fault.
        var isLost = error is RemoteCallException;
        _failures.Add(1, new("link", link), new("reason", isLost ? "lost" : "unexpected"));
        if (!_pace.IsDue($"{link} {error.GetType().FullName}", out var suppressed))
            return;
        if (isLost)
            LogLost(link, suppressed, error.Message);
        else
            LogFailed(link, suppressed, error);
    }

    public void Dispose() => _meter.Dispose();

    [LoggerMessage(Level = LogLevel.Information, Message = "A transfer to {Link} got lost and is repeated ({Suppressed} more since the last log line): {Problem}")]
    private partial void LogLost(string link, int suppressed, string problem);

    [LoggerMessage(Level = LogLevel.Error, Message = "A transfer to {Link} failed unexpectedly and is repeated ({Suppressed} more since the last log line)")]
    private partial void LogFailed(string link, int suppressed, Exception error);
}
