using System.Diagnostics.Metrics;
using Microsoft.Extensions.Logging;
using Starling.Cluster.Contracts;
using Starling.Cluster.Diagnostics;

namespace Starling.Grains.Interfaces.Calls;

/// <summary>
/// Logs what a grain, or an edge's observer, throws and no contract names, and counts it by interface and method. The caller gets it as it is.
/// </summary>
public sealed partial class GrainCallFailures : IIncomingGrainCallFilter, IDisposable
{
    /// <summary>A call that failed is mostly made again, within a second.</summary>
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(30);

    private readonly Meter _meter;
    private readonly Counter<long> _failures;
    private readonly LogPace _pace;
    private readonly ILogger _logger;

    public GrainCallFailures(TimeProvider time, ILogger<GrainCallFailures> logger, IMeterFactory? factory = null)
    {
        _meter = factory?.Create("Starling.Cluster") ?? new Meter("Starling.Cluster");
        _failures = _meter.CreateCounter<long>("starling.grain.call.failures", "{call}", "Calls of other processes that ended unexpectedly");
        _pace = new LogPace(time, Interval);
        _logger = logger;
    }

    public async Task Invoke(IIncomingGrainCallContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        try
        {
            await context.Invoke();
        }
        catch (Exception error) when (!CallAnswers.IsExpected(error) && OwnCalls.Contains(context.InterfaceMethod))
        {
            Report(context, error);
            throw;
        }
    }

    public void Dispose() => _meter.Dispose();

    private void Report(IIncomingGrainCallContext context, Exception error)
    {
        var (contract, method) = (context.InterfaceMethod.DeclaringType!.Name, context.InterfaceMethod.Name);
        _failures.Add(1, new("interface", contract), new("method", method));
        if (_pace.IsDue($"{contract}/{method} {error.GetType().FullName}", out var suppressed))
            LogFailed(contract, method, context.TargetId, suppressed, error);
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "Call {Interface}/{Method} of {Grain} failed unexpectedly ({Suppressed} more like it since the last log line)")]
    private partial void LogFailed(string @interface, string method, GrainId grain, int suppressed, Exception error);
}
