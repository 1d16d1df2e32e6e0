using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace Starling.Grains.Placement;

/// <summary>
/// The sessions and shards of this silo. When the silos have become others, those that have their place elsewhere now are let go, so many
/// per second that nobody notices: each is loaded again elsewhere. What has something that is nowhere else stays.
/// </summary>
internal sealed partial class PlacedGrains : ISiloStatusListener, IAsyncDisposable
{
    /// <summary>Silos often join one after the other.</summary>
    private static readonly TimeSpan Settling = TimeSpan.FromSeconds(5);

    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);

    private readonly ConcurrentDictionary<IPlacedGrain, bool> _grains = new(ReferenceEqualityComparer.Instance);
    private readonly ISiloStatusOracle _silos;
    private readonly PlacementPace _pace;
    private readonly TimeProvider _time;
    private readonly ILogger<PlacedGrains> _logger;
    private readonly CancellationTokenSource _stop = new();
    private int _changes;
    private Task _moving = Task.CompletedTask;

    public PlacedGrains(ISiloStatusOracle silos, PlacementPace pace, TimeProvider time, ILogger<PlacedGrains> logger)
    {
        (_silos, _pace, _time, _logger) = (silos, pace, time, logger);
        silos.SubscribeToSiloStatusEvents(this);
    }

    public int Count => _grains.Count;

    public void Add(IPlacedGrain grain) => _grains.TryAdd(grain, true);

    public void Remove(IPlacedGrain grain) => _grains.TryRemove(grain, out _);

    public void SiloStatusChangeNotification(SiloAddress updatedSilo, SiloStatus status)
    {
        if (status != SiloStatus.Active || updatedSilo.Equals(_silos.SiloAddress))
            return;
        if (Interlocked.Increment(ref _changes) == 1)
            _moving = MoveAsync();
    }

    public async ValueTask DisposeAsync()
    {
        _silos.UnSubscribeFromSiloStatusEvents(this);
        await _stop.CancelAsync();
        await _moving;
        _stop.Dispose();
    }

    private async Task MoveAsync()
    {
        try
        {
            int seen;
            do
            {
                seen = Volatile.Read(ref _changes);
                await Task.Delay(Settling, _time, _stop.Token);
                await MoveOnceAsync();
            }
            while (Interlocked.CompareExchange(ref _changes, 0, seen) != seen);
        }
        catch (OperationCanceledException)
        {
            // The silo stops, and hands over everything.
        }
        catch (Exception error)
        {
            Volatile.Write(ref _changes, 0);
            LogFailed(error);
        }
    }

    private async Task MoveOnceAsync()
    {
        var silos = _silos.GetActiveSilos();
        if (!silos.Contains(_silos.SiloAddress))
            return;
        var (moved, stayed, sincePause) = (0, 0, 0);
        foreach (var grain in _grains.Keys)
        {
            if (Spread.PlaceOf(grain.Id, silos).Equals(_silos.SiloAddress))
                continue;
            if (!grain.MayMove)
            {
                stayed++;
                continue;
            }

            grain.Move();
            moved++;
            if (++sincePause < _pace.PerSecond * Pause.TotalSeconds)
                continue;
            sincePause = 0;
            await Task.Delay(Pause, _time, _stop.Token);
        }

        if (moved + stayed > 0)
            LogMoved(moved, stayed, silos.Length);
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "{Moved} sessions and shards have their place elsewhere among {Silos} silos now and go there; {Stayed} more stay, since they are in memory only")]
    private partial void LogMoved(int moved, int stayed, int silos);

    [LoggerMessage(Level = LogLevel.Error, Message = "Sessions and shards could not be sent to their places")]
    private partial void LogFailed(Exception error);
}

/// <param name="PerSecond">How many sessions and shards a silo lets go when others have joined.</param>
public sealed record PlacementPace(int PerSecond = 200);
