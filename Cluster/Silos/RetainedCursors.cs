using Starling.Broker.Contracts;
using Starling.Cluster.Contracts;

namespace Starling.Cluster.Silos;

/// <summary>
/// Where retained replays of other processes stand. A page that is asked for again comes again. A cursor is kept for a minute; a replay that
/// comes back later, or to another shard object, begins anew. Thread-safe.
/// </summary>
internal sealed class RetainedCursors(ITopicShard shard, TimeProvider time)
{
    private static readonly TimeSpan Kept = TimeSpan.FromMinutes(1);

    private readonly Lock _gate = new();
    private readonly Dictionary<Guid, Replay> _replays = [];
    private long _lookedAt;

    public async ValueTask<RetainedPage> ReadAsync(RetainedQuery query)
    {
        Task<RetainedPage> page;
        lock (_gate)
        {
            RemoveUnused();
            if (!_replays.TryGetValue(query.Cursor, out var replay) || query.Page < replay.Page || query.Page > replay.Page + 1)
                _replays[query.Cursor] = replay = new Replay(new RetainedCursor(query.Filter)) { Page = query.Page - 1 };
            replay.UsedAt = time.GetTimestamp();
            if (query.Page > replay.Page)
            {
                replay.Page = query.Page;
                replay.Last = shard.ReadRetainedAsync(replay.Cursor, query.Most).AsTask();
            }

            page = replay.Last;
        }

        try
        {
            return await page.ConfigureAwait(false);
        }
        catch
        {
            // The cursor has moved on without what it should have brought.
            lock (_gate)
                _replays.Remove(query.Cursor);
            throw;
        }
    }

    private void RemoveUnused()
    {
        if (time.GetElapsedTime(_lookedAt) < Kept)
            return;
        _lookedAt = time.GetTimestamp();
        foreach (var (id, replay) in _replays)
        {
            if (time.GetElapsedTime(replay.UsedAt) >= Kept)
                _replays.Remove(id);
        }
    }

    private sealed class Replay(RetainedCursor cursor)
    {
        public RetainedCursor Cursor => cursor;

        /// <summary>The last one asked for.</summary>
        public int Page { get; set; }

        public Task<RetainedPage> Last { get; set; } = Task.FromResult(default(RetainedPage));

        /// <summary>A timestamp of the clock.</summary>
        public long UsedAt { get; set; }
    }
}
