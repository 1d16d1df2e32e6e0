using System.Text;
using Starling.Grains.Interfaces;

namespace Starling.Grains.Placement;

/// <summary>
/// Which silo a grain belongs to.
/// </summary>
/// <remarks>
/// Every pair of a grain and a silo has a weight, by hashing, and the heaviest silo gets the grain. So all processes agree without asking,
/// each silo gets an equal part of many grains, and when one joins or goes only its part moves. That is what sessions need.
///
/// Shards are few and heavy: three of a tenant on three silos would often come to lie on two. They are dealt out in the order of their
/// numbers, each to the heaviest silo of those that do not have more of the tenant's shards already than the others may have.
///
/// A silo is known by its address and port, so that one that is started again gets back what it had. Placement by load was looked at: it
/// measures activations, which differ by a thousandfold here, and it does not say where a grain that lies in the wrong place should lie.
/// </remarks>
public static class RendezvousPlacement
{
    /// <param name="grain">Of any type.</param>
    /// <param name="silos">In any order; at least one.</param>
    public static SiloAddress PlaceOf(GrainId grain, IReadOnlyList<SiloAddress> silos)
    {
        if (grain.Type != TopicShardType)
            return silos[PlaceOf(grain.Key.ToString()!, silos, _ => true)];
        var (tenant, shard) = GrainKeys.ReadShard(grain.Key.ToString()!);
        return silos[PlaceOf(tenant, shard, silos)];
    }

    /// <summary>The type that the shards' grains have.</summary>
    public static GrainType TopicShardType { get; } = GrainType.Create(GrainTypes.TopicShard);

    private static int PlaceOf(string tenant, int shard, IReadOnlyList<SiloAddress> silos)
    {
        var dealt = new int[silos.Count];
        for (var number = 0; ; number++)
        {
            var most = number / silos.Count;
            var place = PlaceOf(GrainKeys.Shard(tenant, number), silos, silo => dealt[silo] <= most);
            if (number == shard)
                return place;
            dealt[place]++;
        }
    }

    private static int PlaceOf(string key, IReadOnlyList<SiloAddress> silos, Func<int, bool> mayHave)
    {
        var hash = Hash(key);
        var (heaviest, best) = (0UL, -1);
        for (var silo = 0; silo < silos.Count; silo++)
        {
            var weight = Mix(hash ^ Hash(silos[silo].Endpoint.ToString()));
            if (mayHave(silo) && (best < 0 || weight > heaviest))
                (heaviest, best) = (weight, silo);
        }

        return best;
    }

    /// <summary>FNV-1a: the same in every process.</summary>
    private static ulong Hash(string text)
    {
        var hash = 14_695_981_039_346_656_037UL;
        foreach (var part in Encoding.UTF8.GetBytes(text))
            hash = (hash ^ part) * 1_099_511_628_211UL;
        return Mix(hash);
    }

    /// <summary>Spreads the bits (the finisher of splitmix64).</summary>
    private static ulong Mix(ulong value)
    {
        value = (value ^ (value >> 30)) * 0xBF58_476D_1CE4_E5B9UL;
        value = (value ^ (value >> 27)) * 0x94D0_49BB_1331_11EBUL;
        return value ^ (value >> 31);
    }
}
