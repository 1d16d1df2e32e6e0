using Microsoft.Extensions.Logging;
using Starling.Broker.Contracts;
using Starling.Broker.Threading;
using Starling.Cluster.Contracts;
using Starling.Cluster.Links;

namespace Starling.Cluster.Silos;

/// <summary>
/// What a silo knows of the directory of edges, which it reads each second. An edge that is gone is gone for good, so what is known of that
/// is never out of date; that an edge lives may be, until the next reading. Thread-safe.
/// </summary>
public sealed partial class LiveEdges : IDisposable
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    private readonly string _silo;
    private readonly IEdgeDirectory _directory;
    private readonly ILogger<LiveEdges> _logger;
    private readonly RetryPolicy _retry;
    private readonly ITimer _timer;
    private readonly Lock _gate = new();
    private readonly Dictionary<string, EdgeEntry> _live = new(StringComparer.Ordinal);
    private readonly AsyncLock _turn = new();
    private long _asked;
    private long _covered;
    private int _polling;
    private bool _failing;

    /// <param name="silo">The silo's name, by which the directory misses it.</param>
    /// <param name="options">How long it is asked.</param>
    public LiveEdges(string silo, IEdgeDirectory directory, LinkOptions options, TimeProvider time, ILogger<LiveEdges> logger)
    {
        _silo = silo;
        _directory = directory;
        _logger = logger;
        _retry = new RetryPolicy(options, time);
        _timer = time.CreateGuardedTimer(Poll, logger, "Reading the directory of edges", TimeSpan.Zero, Interval);
    }

    /// <summary>Raised once for each edge; handlers must not block.</summary>
    public event Action<EdgeEntry>? Joined;

    /// <summary>Raised once for each edge that is gone, with its id; handlers must not block.</summary>
    public event Action<string>? Gone;

    /// <summary>As read last.</summary>
    public IReadOnlyList<EdgeEntry> Known
    {
        get
        {
            lock (_gate)
                return [.. _live.Values];
        }
    }

    /// <returns>Null when it is not known to be alive.</returns>
    public EdgeEntry? Find(string edgeId)
    {
        lock (_gate)
            return _live.GetValueOrDefault(edgeId);
    }

    /// <summary>Whether the edge lives; the directory is asked for one that is not known.</summary>
    /// <exception cref="StoreUnavailableException">The directory does not answer.</exception>
    public async ValueTask<bool> IsAliveAsync(string edgeId)
    {
        if (Find(edgeId) is not null)
            return true;
        await ReadAsync().ConfigureAwait(false);
        return Find(edgeId) is not null;
    }

    /// <summary>The directory as it is now.</summary>
    /// <exception cref="StoreUnavailableException">It does not answer.</exception>
    public async ValueTask<IReadOnlyList<EdgeEntry>> ReadAsync()
    {
        await _retry.CallAsync(ReadOnceAsync).ConfigureAwait(false);
        return Known;
    }

    public void Dispose() => _timer.Dispose();

    private void Poll() => Background.Run(PollAsync(), _logger, "Reading the directory of edges");

    private async Task PollAsync()
    {
        if (Interlocked.Exchange(ref _polling, 1) != 0)
            return;
        try
        {
            await ReadOnceAsync().ConfigureAwait(false);
            _failing = false;
        }
        catch (Exception error)
        {
            if (!_failing)
                Log.Unread(_logger, error.Message);
            _failing = true;
        }
        finally
        {
            Volatile.Write(ref _polling, 0);
        }
    }

    /// <summary>One reading at a time, so that an older answer never follows a newer one; who comes meanwhile shares the next.</summary>
    private async ValueTask ReadOnceAsync()
    {
        var asked = Interlocked.Increment(ref _asked);
        await _turn.WaitAsync().ConfigureAwait(false);
        try
        {
            if (_covered >= asked)
                return;
            var covers = Volatile.Read(ref _asked);
            Take(await _directory.ReadAsync(_silo).ConfigureAwait(false));
            _covered = covers;
        }
        finally
        {
            _turn.Release();
        }
    }

    private void Take(IReadOnlyList<EdgeEntry> entries)
    {
        EdgeEntry[] joined;
        string[] gone;
        lock (_gate)
        {
            joined = [.. entries.Where(entry => !_live.ContainsKey(entry.EdgeId))];
            gone = [.. _live.Keys.Except(entries.Select(entry => entry.EdgeId))];
            foreach (var entry in joined)
                _live.Add(entry.EdgeId, entry);
            foreach (var edgeId in gone)
                _live.Remove(edgeId);
        }

        foreach (var entry in joined)
        {
            Log.Joined(_logger, entry.EdgeId, entry.Address);
            Joined?.Invoke(entry);
        }

        foreach (var edgeId in gone)
        {
            Log.Gone(_logger, edgeId);
            Gone?.Invoke(edgeId);
        }
    }
}
