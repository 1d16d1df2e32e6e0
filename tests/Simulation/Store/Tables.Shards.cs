using Starling.Broker.Contracts;
using Starling.Broker.Messages;
using Starling.Cluster.Edges;

namespace Starling.Simulation.Store;

internal sealed partial class Tables
{
    private readonly Dictionary<(string Tenant, int Shard), long> _shards = [];
    private readonly SortedDictionary<(string Tenant, string Topic), byte[]> _retained = new(Comparer<(string Tenant, string Topic)>.Create(
        static (a, b) => string.CompareOrdinal(a.Tenant, b.Tenant) is var tenant and not 0 ? tenant : string.CompareOrdinal(a.Topic, b.Topic)));

    /// <summary>The edges of the directory.</summary>
    public IReadOnlyList<StoredEdge> Edges { get; private set; } = [];

    /// <summary>The write that they are from.</summary>
    public long EdgesVersion { get; private set; }

    /// <returns>False when they are from another write than the one expected.</returns>
    public bool SaveEdges(IReadOnlyList<StoredEdge> edges, long expected, long write)
    {
        if (EdgesVersion != expected && EdgesVersion != write)
            return false;
        (Edges, EdgesVersion) = (edges, write);
        return true;
    }

    public long TakeShard(string tenant, int shard) => _shards[(tenant, shard)] = _shards.GetValueOrDefault((tenant, shard)) + 1;

    public bool IsCurrent(ShardFencingToken shard) => _shards.GetValueOrDefault((shard.Tenant, shard.Shard)) == shard.Epoch || Flaws.IgnoresEpochs;

    public void Retain(string tenant, IReadOnlyList<(string Topic, byte[]? Frame)> changes, ShardFencingToken? shard)
    {
        if (shard is not null && !IsCurrent(shard))
            throw new StaleShardException(shard);
        foreach (var (topic, frame) in changes)
        {
            if (frame is null)
                _retained.Remove((tenant, topic));
            else
                _retained[(tenant, topic)] = frame;
        }
    }

    public IReadOnlyList<Message> Retained(string tenant, Func<string, bool> isWanted) =>
    [
        .. _retained.Where(row => row.Key.Tenant == tenant && isWanted(row.Key.Topic)).Select(row => new MessageFrameReader().Read(row.Value)),
    ];

    public void RemoveExpired(string tenant, long now)
    {
        foreach (var message in Retained(tenant, _ => true).Where(message => message.HasExpired(now)))
            _retained.Remove((tenant, message.Topic.Text));
    }
}
