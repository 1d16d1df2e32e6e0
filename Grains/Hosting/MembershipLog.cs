using System.Collections.Concurrent;
using System.Net;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Starling.Grains.Hosting;

/// <summary>Says which silos there are: those that join, stop and die, and those that do not let this one in.</summary>
internal sealed partial class MembershipLog(ISiloStatusOracle silos, TimeProvider time, ILogger<MembershipLog> logger)
    : BackgroundService, ISiloStatusListener
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    private readonly ConcurrentDictionary<SiloAddress, bool> _stopping = new();

    public void SiloStatusChangeNotification(SiloAddress updatedSilo, SiloStatus status)
    {
        if (updatedSilo.Equals(silos.SiloAddress))
            return;
        if (status == SiloStatus.Active)
            LogJoined(updatedSilo.Endpoint);
        else if (status == SiloStatus.ShuttingDown && _stopping.TryAdd(updatedSilo, true))
            LogStopping(updatedSilo.Endpoint);
        else if (status == SiloStatus.Dead && _stopping.TryRemove(updatedSilo, out _))
            LogStopped(updatedSilo.Endpoint);
        else if (status == SiloStatus.Dead)
            LogGone(updatedSilo.Endpoint);
    }

    /// <summary>Hosted services start before a silo joins.</summary>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        silos.SubscribeToSiloStatusEvents(this);
        try
        {
            await Task.Delay(Patience, time, stoppingToken);
            if (silos.CurrentStatus is SiloStatus.Created or SiloStatus.Joining)
            {
                var others = silos.GetApproximateSiloStatuses(onlyActive: true).Keys.Where(silo => !silo.Equals(silos.SiloAddress));
                LogNotLetIn(string.Join(", ", others.Select(silo => silo.Endpoint)));
            }

            await Task.Delay(Timeout.InfiniteTimeSpan, time, stoppingToken);
        }
        catch (OperationCanceledException)
        {
            silos.UnSubscribeFromSiloStatusEvents(this);
        }
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "Silo {Silo} has joined")]
    private partial void LogJoined(IPEndPoint silo);

    [LoggerMessage(Level = LogLevel.Information, Message = "Silo {Silo} is stopping and hands over")]
    private partial void LogStopping(IPEndPoint silo);

    [LoggerMessage(Level = LogLevel.Information, Message = "Silo {Silo} has stopped")]
    private partial void LogStopped(IPEndPoint silo);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Silo {Silo} declared dead (missed probes)")]
    private partial void LogGone(IPEndPoint silo);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Not admitted to the cluster yet. Check that this silo can reach {Silos} and that cluster.tls matches.")]
    private partial void LogNotLetIn(string silos);
}
