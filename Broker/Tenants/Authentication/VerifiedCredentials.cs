using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;

namespace Starling.Broker.Tenants.Authentication;

/// <summary>
/// Remembers for a short time which password was right for a user, so that a reconnect storm doesn't cost a slow hash per client. What
/// is kept is an HMAC under a key that lives and dies with the process, over the password and the stored hash it was checked against:
/// an entry is of no use once the hash changes. At most one entry per user, at most <see cref="Capacity"/> in all.
/// </summary>
internal sealed class VerifiedCredentials(TimeProvider time, TimeSpan lifetime)
{
    public const int Capacity = 65_536;

    private readonly byte[] _key = RandomNumberGenerator.GetBytes(32);
    private readonly ConcurrentDictionary<(string Tenant, string User), Entry> _entries = new();
    private long _nextSweep;

    public bool Contains(string tenant, string user, string passwordHash, ReadOnlySpan<byte> password)
    {
        if (!_entries.TryGetValue((tenant, user), out var entry) || entry.Expires <= time.GetTimestamp())
            return false;
        Span<byte> mac = stackalloc byte[HMACSHA256.HashSizeInBytes];
        Compute(passwordHash, password, mac);
        return CryptographicOperations.FixedTimeEquals(mac, entry.Mac);
    }

    public void Add(string tenant, string user, string passwordHash, ReadOnlySpan<byte> password)
    {
        var mac = new byte[HMACSHA256.HashSizeInBytes];
        Compute(passwordHash, password, mac);
        var now = time.GetTimestamp();
        if (_entries.Count >= Capacity && !MakeRoom(now))
            return;
        _entries[(tenant, user)] = new(mac, now + (long)(lifetime.TotalSeconds * time.TimestampFrequency));
    }

    public void Forget(string tenant, string user) => _entries.TryRemove((tenant, user), out _);

    public void Forget(string tenant)
    {
        foreach (var key in _entries.Keys)
        {
            if (key.Tenant == tenant)
                _entries.TryRemove(key, out _);
        }
    }

    /// <summary>The same for the same user, password and hash, and of no use outside of this process.</summary>
    public string KeyOf(string user, string passwordHash, ReadOnlySpan<byte> password)
    {
        Span<byte> mac = stackalloc byte[HMACSHA256.HashSizeInBytes];
        Compute($"{passwordHash}\0{user}", password, mac);
        return Convert.ToHexString(mac);
    }

    /// <summary>Drops what expired; looks through everything at most once a second.</summary>
    private bool MakeRoom(long now)
    {
        var due = Interlocked.Read(ref _nextSweep);
        if (now < due || Interlocked.CompareExchange(ref _nextSweep, now + time.TimestampFrequency, due) != due)
            return false;
        foreach (var entry in _entries)
        {
            if (entry.Value.Expires <= now)
                _entries.TryRemove(entry);
        }
        return _entries.Count < Capacity;
    }

    private void Compute(string passwordHash, ReadOnlySpan<byte> password, Span<byte> mac)
    {
        using var hmac = IncrementalHash.CreateHMAC(HashAlgorithmName.SHA256, _key);
        hmac.AppendData(Encoding.UTF8.GetBytes(passwordHash));
        hmac.AppendData([0]);
        hmac.AppendData(password);
        hmac.GetHashAndReset(mac);
    }

    private sealed record Entry(byte[] Mac, long Expires);
}
