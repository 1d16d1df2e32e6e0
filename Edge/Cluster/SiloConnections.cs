using Microsoft.Extensions.Logging;

namespace Starling.Edge.Cluster;

/// <summary>Logs how many silos this edge is connected to, and retries until the first connection: an edge may start before the silos.</summary>
internal sealed partial class SiloConnections(TimeProvider time, ILogger<SiloConnections> logger) : IClusterConnectionStatusObserver, IClientConnectionRetryFilter
{
    private static readonly TimeSpan RetryDelay = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan LogInterval = TimeSpan.FromMinutes(1);

    private long? _lastLog;

    public void NotifyGatewayCountChanged(int currentNumberOfGateways, int previousNumberOfGateways, bool connectionRecovered)
    {
        if (currentNumberOfGateways > previousNumberOfGateways)
            LogMore(currentNumberOfGateways, previousNumberOfGateways);
        else
            LogFewer(currentNumberOfGateways, previousNumberOfGateways);
    }

    public void NotifyClusterConnectionLost() => LogNone();

    public async Task<bool> ShouldRetryConnectionAttempt(Exception exception, CancellationToken cancellationToken)
    {
        if (_lastLog is not { } lastLog || time.GetElapsedTime(lastLog) >= LogInterval)
        {
            _lastLog = time.GetTimestamp();
            LogNotYet(exception.Message);
        }

        await Task.Delay(RetryDelay, time, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        return !cancellationToken.IsCancellationRequested;
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "Connected to {Silos} silos (before: {Before})")]
    private partial void LogMore(int silos, int before);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Lost a silo: connected to {Silos} (before: {Before})")]
    private partial void LogFewer(int silos, int before);

    [LoggerMessage(Level = LogLevel.Error, Message = "Connected to no silo")]
    private partial void LogNone();

    [LoggerMessage(Level = LogLevel.Warning, Message = "No silo admits this edge yet; retrying. Check that the silos run and that cluster.tls matches. {Problem}")]
    private partial void LogNotYet(string problem);
}
