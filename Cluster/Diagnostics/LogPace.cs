using System.Collections.Concurrent;

namespace Starling.Cluster.Diagnostics;

/// <summary>Keeps a failure that repeats from filling the log: the first of a kind is logged, then one per interval. Thread-safe.</summary>
/// <param name="time">The clock.</param>
/// <param name="interval">Between two log lines of a kind.</param>
public sealed class LogPace(TimeProvider time, TimeSpan interval)
{
    /// <summary>Kinds are few: methods and types of exceptions. Should there be more, the surplus shares one kind.</summary>
    private const int MaxKinds = 200;

    private readonly ConcurrentDictionary<string, Kind> _kinds = new(StringComparer.Ordinal);

    /// <param name="kind">What failed, and how.</param>
    /// <param name="suppressed">How many of the kind were not logged since the last that was.</param>
    /// <returns>Whether this one is to be logged.</returns>
    public bool IsDue(string kind, out int suppressed)
    {
        if (!_kinds.TryGetValue(kind, out var seen))
            seen = _kinds.GetOrAdd(_kinds.Count < MaxKinds ? kind : "", static _ => new Kind());
        lock (seen)
        {
            if (seen.Logged is { } logged && time.GetElapsedTime(logged) < interval)
            {
                seen.Suppressed++;
                suppressed = 0;
                return false;
            }

            (suppressed, seen.Suppressed, seen.Logged) = (seen.Suppressed, 0, time.GetTimestamp());
            return true;
        }
    }

    private sealed class Kind
    {
        public long? Logged { get; set; }

        public int Suppressed { get; set; }
    }
}
