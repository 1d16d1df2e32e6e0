using Starling.Broker.Messages;

namespace Starling.Broker.Routing;

/// <summary>
/// What topics were matched to lately, for messages that bring a topic object of their own, as those from other processes do. Whoever keeps
/// it makes a new one when matches change. Reads and writes may come at the same time.
/// </summary>
public sealed class RecentMatches<TMatch>
    where TMatch : class
{
    private const int Places = 256;
    private const int MaxLength = 1024;

    private readonly Entry?[] _entries = new Entry?[Places];

    public TMatch? Find(Topic topic) =>
        Volatile.Read(ref _entries[topic.Hash % Places]) is { } entry && entry.Topic.Hash == topic.Hash && entry.Topic.Utf8.SequenceEqual(topic.Utf8)
            ? entry.Match
            : null;

    /// <summary>Long topics are not kept: all places together stay below 1 MiB.</summary>
    public void Keep(Topic topic, TMatch match)
    {
        if (topic.Utf8.Length <= MaxLength)
            Volatile.Write(ref _entries[topic.Hash % Places], new Entry(topic, match));
    }

    private sealed record Entry(Topic Topic, TMatch Match);
}
