using System.Collections.Concurrent;
using Starling.Broker.Tenants;

namespace Starling.Cluster.Links;

/// <summary>
/// How many shards tenants have. A process keeps to what it has found first: a topic that fell to another shard from one moment to the next
/// would be published where nobody has subscribed. A new number holds from the next start of the whole cluster.
/// </summary>
internal sealed class ShardCounts(ITenantDirectory tenants)
{
    private readonly ConcurrentDictionary<string, int> _counts = new(StringComparer.Ordinal);

    public int Of(string tenant) =>
        _counts.TryGetValue(tenant, out var count) ? count
        : tenants.TryGet(tenant, out var found) ? _counts.GetOrAdd(tenant, found.Options.Shards)
        : 1;
}
