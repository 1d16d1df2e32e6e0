using System.Globalization;

namespace Starling.Grains.Interfaces;

/// <summary>How grains are named. A tenant's name has no slash in it; whatever comes after the first one is the rest.</summary>
public static class GrainKeys
{
    /// <summary>Of the one directory. Not a number in any notation, which grain storage would take it for.</summary>
    public const string Directory = "edges";

    public static string Session(string tenant, string clientId) => $"{tenant}/{clientId}";

    public static string Shard(string tenant, int shard) => string.Create(CultureInfo.InvariantCulture, $"{tenant}/{shard}");

    public static (string Tenant, string ClientId) ReadSession(string key)
    {
        var slash = key.IndexOf('/', StringComparison.Ordinal);
        return slash > 0 ? (key[..slash], key[(slash + 1)..]) : throw new ArgumentException($"'{key}' does not name a session.", nameof(key));
    }

    public static (string Tenant, int Shard) ReadShard(string key) =>
        ReadSession(key) is var (tenant, shard) && int.TryParse(shard, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            ? (tenant, number)
            : throw new ArgumentException($"'{key}' does not name a shard.", nameof(key));
}
