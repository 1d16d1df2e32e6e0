using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using Starling.Broker.Tenants;

namespace Starling.Grains.Placement;

/// <summary>
/// The sessions and shards of this silo. When the silos have become others, those that have their place elsewhere now are let go, so many
/// per second that nobody notices: each is loaded again elsewhere. What has something that is nowhere else stays.
/// </summary>
internal sealed partial class GrainRebalancer : ISiloStatusListener, ILifecycleParticipant<ISiloLifecycle>, IAsyncDisposable
{
    /// <summary>Silos often join one after the other.</summary>
    private static readonly TimeSpan Settling = TimeSpan.FromSeconds(5);

    /// <summary>
    /// A grain may have come back to where it was, put there by a silo that had not heard of the new one: it is looked at again.
    /// </summary>
    private const int MaxPasses = 12;

    /// <summary>What the connections of a removed tenant take to say goodbye.</summary>
    private static readonly TimeSpan Farewell = TimeSpan.FromSeconds(5);

    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);

    private readonly ConcurrentDictionary<IRebalancedGrain, bool> _grains = new(ReferenceEqualityComparer.Instance);
    private readonly ISiloStatusOracle _silos;
    private readonly ITenantDirectory _tenants;
    private readonly RebalancePace _pace;
    private readonly TimeProvider _time;
    private readonly ILogger<GrainRebalancer> _logger;
    private readonly CancellationTokenSource _stop = new();
    private volatile bool _isLeaving;
    private int _changes;
    private int _disposed;
    private Task _moving = Task.CompletedTask;

    public GrainRebalancer(ISiloStatusOracle silos, ITenantDirectory tenants, RebalancePace pace, TimeProvider time, ILogger<GrainRebalancer> logger)
    {
        (_silos, _tenants, _pace, _time, _logger) = (silos, tenants, pace, time, logger);
        silos.SubscribeToSiloStatusEvents(this);
        tenants.Changed += OnTenantChanged;
    }

    public int Count => _grains.Count;

    public void Add(IRebalancedGrain grain)
    {
        _grains.TryAdd(grain, true);
        if (_isLeaving)
            grain.Leave();
    }

    public void Remove(IRebalancedGrain grain) => _grains.TryRemove(grain, out _);

    /// <summary>The last to start is the first to stop.</summary>
    public void Participate(ISiloLifecycle observer) =>
        observer.Subscribe(nameof(GrainRebalancer), ServiceLifecycleStage.Last, _ => Task.CompletedTask, _ => LeaveAsync());

    public void SiloStatusChangeNotification(SiloAddress updatedSilo, SiloStatus status)
    {
        if (status != SiloStatus.Active || updatedSilo.Equals(_silos.SiloAddress))
            return;
        if (Interlocked.Increment(ref _changes) == 1)
            _moving = MoveAsync();
    }

    /// <summary>Once for each service that it is.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) != 0)
            return;
        _silos.UnSubscribeFromSiloStatusEvents(this);
        _tenants.Changed -= OnTenantChanged;
        await _stop.CancelAsync();
        await _moving;
        _stop.Dispose();
    }

    private void OnTenantChanged(TenantChange change)
    {
        if (change.IsRemoved)
            _ = EndAsync(change.Tenant.Name);
    }

    private async Task EndAsync(string tenant)
    {
        await Task.Delay(Farewell, _time, _stop.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (_stop.IsCancellationRequested)
            return;
        foreach (var grain in _grains.Keys.Where(grain => grain.Tenant == tenant && grain.MayMove))
            grain.Move();
    }

    private Task LeaveAsync()
    {
        _isLeaving = true;
        foreach (var grain in _grains.Keys)
            grain.Leave();
        return Task.CompletedTask;
    }

    private async Task MoveAsync()
    {
        try
        {
            int seen;
            var passes = 0;
            do
            {
                seen = Volatile.Read(ref _changes);
                await Task.Delay(Settling, _time, _stop.Token);
                passes = await MoveOnceAsync() > 0 ? passes + 1 : 0;
            }
            while (passes is > 0 and < MaxPasses || Interlocked.CompareExchange(ref _changes, 0, seen) != seen);
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

    /// <returns>How many were let go.</returns>
    private async Task<int> MoveOnceAsync()
    {
        var silos = _silos.GetActiveSilos();
        if (!silos.Contains(_silos.SiloAddress))
            return 0;
        var (moved, stayed, sincePause) = (0, 0, 0);
        foreach (var grain in _grains.Keys)
        {
            if (RendezvousPlacement.PlaceOf(grain.Id, silos).Equals(_silos.SiloAddress))
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
        return moved;
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "Moving {Moved} sessions and shards to their silos among {Silos}; {Stayed} stay because they are in memory only")]
    private partial void LogMoved(int moved, int stayed, int silos);

    [LoggerMessage(Level = LogLevel.Error, Message = "Rebalancing of sessions and shards failed")]
    private partial void LogFailed(Exception error);
}

/// <param name="PerSecond">How many sessions and shards a silo lets go when others have joined.</param>
public sealed record RebalancePace(int PerSecond = 200);
