using Microsoft.Extensions.Logging;

namespace Starling.Edge.Cluster;

/// <summary>Says which part of the silos this edge reaches, and goes on trying for the first one: an edge may be there before the silos.</summary>
internal sealed partial class SiloConnections(TimeProvider time, ILogger<SiloConnections> logger) : IClusterConnectionStatusObserver, IClientConnectionRetryFilter
{
    private static readonly TimeSpan ConnectAgain = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan Pace = TimeSpan.FromMinutes(1);

    private long? _told;

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
        if (_told is not { } told || time.GetElapsedTime(told) >= Pace)
        {
            _told = time.GetTimestamp();
            LogNotYet(exception.Message);
        }

        await Task.Delay(ConnectAgain, time, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        return !cancellationToken.IsCancellationRequested;
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "Connected to {Silos} silos, after {Before}")]
    private partial void LogMore(int silos, int before);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Connected to {Silos} silos only, after {Before}")]
    private partial void LogFewer(int silos, int before);

    [LoggerMessage(Level = LogLevel.Error, Message = "No silo can be reached")]
    private partial void LogNone();

    [LoggerMessage(Level = LogLevel.Warning, Message = "No silo lets this edge in yet, it goes on trying. Do they run, and is cluster.tls the same as theirs? {Problem}")]
    private partial void LogNotYet(string problem);
}
