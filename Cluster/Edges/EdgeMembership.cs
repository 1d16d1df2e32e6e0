using Microsoft.Extensions.Logging;
using Starling.Cluster.Contracts;

namespace Starling.Cluster.Edges;

/// <summary>
/// This process's place among the edges of the cluster: a lease that it renews.
/// </summary>
/// <remarks>
/// The directory takes an edge for dead when its lease of ten seconds ends, and what the edge held goes to others. So the edge gives up
/// first, eight seconds after it sent off the last renewal that was answered: it closes its connections and joins again under another id.
/// The directory began to count when it carried that renewal out, which is later than when it was sent.
/// </remarks>
public sealed partial class EdgeMembership : IAsyncDisposable
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan AfterFailure = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan MaxWithoutLease = TimeSpan.FromSeconds(8);

    private readonly IEdgeDirectory _directory;
    private readonly IEdgePresence _presence;
    private readonly Func<string> _newId;
    private readonly TimeProvider _time;
    private readonly ILogger<EdgeMembership> _logger;
    private readonly CancellationTokenSource _stop = new();
    private readonly TaskCompletionSource _joined = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Task _running = Task.CompletedTask;
    private volatile string? _edgeId;

    /// <param name="presence">Told of each change.</param>
    /// <param name="newId">Makes ids that no edge has had.</param>
    public EdgeMembership(IEdgeDirectory directory, IEdgePresence presence, Func<string> newId, TimeProvider time, ILogger<EdgeMembership> logger)
    {
        _directory = directory;
        _presence = presence;
        _newId = newId;
        _time = time;
        _logger = logger;
    }

    /// <summary>Null while this process is no edge of the cluster.</summary>
    public string? EdgeId => _edgeId;

    /// <summary>Null when connections may come.</summary>
    public string? NotReadyReason => _edgeId is null ? "not a member of the cluster" : null;

    /// <summary>Joins, and stays. Done when it has joined the first time, however long that takes.</summary>
    public Task StartAsync()
    {
        _running = RunAsync(_stop.Token);
        return _joined.Task;
    }

    /// <summary>Gives the place up; to be called when the connections are closed. May be called again.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_stop.IsCancellationRequested)
            return;
        await _stop.CancelAsync().ConfigureAwait(false);
        await _running.ConfigureAwait(false);
        _stop.Dispose();
        if (_edgeId is not { } edgeId)
            return;
        _edgeId = null;
        try
        {
            await _directory.LeaveAsync(edgeId).AsTask().WaitAsync(Interval, _time).ConfigureAwait(false);
        }
        catch (Exception error)
        {
            // Its lease ends by itself.
            Log.NotRenewed(_logger, edgeId, error.Message);
        }
    }

    private async Task RunAsync(CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            var edgeId = _newId();
            var reason = await HoldAsync(edgeId, await _presence.BeginAsync(edgeId).ConfigureAwait(false), stop).ConfigureAwait(false);
            if (stop.IsCancellationRequested)
                return;
            Log.Lost(_logger, edgeId, reason);
            _edgeId = null;
            await _presence.EndAsync(edgeId).ConfigureAwait(false);
        }
    }

    /// <returns>Why it is no member any more.</returns>
    private async ValueTask<string> HoldAsync(string edgeId, string address, CancellationToken stop)
    {
        long? held = null;
        long? silos = null;
        while (!stop.IsCancellationRequested)
        {
            var sent = _time.GetTimestamp();
            var pause = Interval;
            try
            {
                var lease = await _directory.RenewAsync(edgeId, address).AsTask()
                    .WaitAsync(Shorter(Interval, Left(held)), _time, stop).ConfigureAwait(false);
                if (!lease.IsHeld)
                    return "the others have taken it for dead";
                held = sent;
                if (_edgeId is null)
                    Join(edgeId);
                if (silos is { } before && before != lease.Silos)
                    _presence.SilosChanged();
                silos = lease.Silos;
            }
            catch (OperationCanceledException) when (stop.IsCancellationRequested)
            {
                break;
            }
            catch (Exception error)
            {
                pause = AfterFailure;
                Log.NotRenewed(_logger, edgeId, error.Message);
            }

            if (Left(held) == TimeSpan.Zero)
                return "its lease could not be renewed";
            await Task.Delay(Shorter(pause, Left(held)), _time, stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        return "it ends";
    }

    private static TimeSpan Shorter(TimeSpan a, TimeSpan b) => a < b ? a : b;

    /// <param name="held">When the last renewal was sent that was answered; null before the first.</param>
    private TimeSpan Left(long? held)
    {
        if (held is not { } since)
            return MaxWithoutLease;
        var left = MaxWithoutLease - _time.GetElapsedTime(since);
        // Timers know whole milliseconds: what is less is over.
        return left >= TimeSpan.FromMilliseconds(1) ? left : TimeSpan.Zero;
    }

    private void Join(string edgeId)
    {
        _edgeId = edgeId;
        Log.Joined(_logger, edgeId);
        _presence.Joined(edgeId);
        _joined.TrySetResult();
    }
}
