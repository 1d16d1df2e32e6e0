namespace Starling.Broker.Routing;

/// <summary>What a subscription costs in memory.</summary>
public static class FilterCost
{
    /// <summary>A place among the client's subscriptions and among those of the tenant, with their objects.</summary>
    private const int Subscription = 480;

    /// <summary>A node of <see cref="FilterIndex{T}"/> with the name of its level.</summary>
    private const int Level = 112;

    /// <summary>Bytes, about, whoever else has the same filter. Each level of a filter with wildcards has a node of its own.</summary>
    /// <param name="filter">As the client wrote it.</param>
    public static int Of(string filter)
    {
        ArgumentNullException.ThrowIfNull(filter);
        var text = sizeof(char) * filter.Length;
        return FilterIndex.HasWildcard(filter)
            ? Subscription + (2 * text) + (Level * (1 + filter.AsSpan().Count('/')))
            : Subscription + text;
    }
}
