namespace Starling.Broker.Contracts;

/// <summary>Where the replay of a filter stands within a shard's retained messages.</summary>
/// <param name="filter">A valid topic filter, without a share name.</param>
public sealed class RetainedCursor(string filter)
{
    public string Filter => filter;

    /// <summary>How far the replay is; belongs to the <see cref="ITopicShard"/> that reads, and is null before its first page.</summary>
    internal object? Position { get; set; }
}
