using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Starling.Grains.Interfaces;

namespace Starling.Grains.Sessions;

/// <summary>Every silo calls every sweep, so that each lives somewhere; one that died with its silo is back within seconds.</summary>
internal sealed partial class SweepPartitions(IGrainFactory grains, TimeProvider time, ILogger<SweepPartitions> logger) : BackgroundService
{
    /// <summary>The same in all silos, also of different versions.</summary>
    public const int Count = 8;

    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(2);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Interval, time);
        do
        {
            try
            {
                await Task.WhenAll(Enumerable.Range(0, Count).Select(part => grains.GetGrain<ISessionSweepGrain>(part).StayAsync().AsTask()));
            }
            catch (Exception error) when (!stoppingToken.IsCancellationRequested)
            {
                LogNotReached(error.Message);
            }
        }
        while (!stoppingToken.IsCancellationRequested && await TickAsync(timer, stoppingToken));
    }

    private static async ValueTask<bool> TickAsync(PeriodicTimer timer, CancellationToken stop)
    {
        try
        {
            return await timer.WaitForNextTickAsync(stop);
        }
        catch (OperationCanceledException)
        {
            return false;
        }
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "A session sweep did not answer: {Problem}")]
    private partial void LogNotReached(string problem);
}
