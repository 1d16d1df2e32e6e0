namespace Starling.Cluster.Links;

/// <summary>Something that a <see cref="StopAndWaitSender{T}"/> takes along.</summary>
internal interface IOutboundItem
{
    /// <summary>What it counts for in the link's bound; 0 for what must never have to wait.</summary>
    long Bytes { get; }

    /// <summary>It will not be carried, or nobody knows whether it was. Does nothing once its outcome is known.</summary>
    void Fail(Exception reason);
}

/// <summary>The items of one call, which stay together until it is answered.</summary>
/// <param name="number">The same in each repeat.</param>
/// <param name="items">In order.</param>
internal sealed class Batch<T>(long number, IReadOnlyList<T> items) where T : class, IOutboundItem
{
    public long Number => number;

    /// <summary>In order; some may be left out of a repeat.</summary>
    public IReadOnlyList<T> Items { get; set; } = items;

    /// <summary>Whether an earlier attempt may have been carried out.</summary>
    public bool IsInDoubt { get; set; }
}

/// <summary>What came of one attempt to carry a batch.</summary>
internal enum CallResult
{
    /// <summary>Everybody who waited for the batch knows.</summary>
    Answered,

    /// <summary>The same batch is to go again at once, since the answer said what was wrong with it.</summary>
    Again,

    /// <summary>The same batch is to go again after a pause.</summary>
    Later,
}
