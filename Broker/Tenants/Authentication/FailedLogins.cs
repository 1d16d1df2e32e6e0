using System.Security.Cryptography;
using System.Text;
using Starling.Broker.Tenants.Collisions;

namespace Starling.Broker.Tenants.Authentication;

/// <summary>
/// Holds off logins after many that failed: of one user, from wherever they came, and from one address at one tenant, whoever it claimed to
/// be. Beyond what is free, each failure doubles the time in which the next login is refused without a look at its password.
/// </summary>
/// <remarks>
/// Guesses of others must not lock a user out: from the address from which it logged in last, only failures of that user at that address
/// count. Users that do not exist are treated alike. Memory is bounded: at most <see cref="Capacity"/> of each, and names are kept as hashes.
/// Thread-safe.
/// </remarks>
internal sealed class FailedLogins(TimeProvider time)
{
    public const int Capacity = 16_384;

    /// <summary>Failures of one user, or of one user at one address, before logins are held off.</summary>
    public const int FreePerUser = 10;

    /// <summary>Failures from one address at one tenant before logins are held off: many devices may share it.</summary>
    public const int FreePerAddress = 50;

    /// <summary>After this time without a failure all is forgotten.</summary>
    public static readonly TimeSpan Memory = TimeSpan.FromMinutes(10);

    private static readonly TimeSpan FirstHold = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LongestHold = TimeSpan.FromMinutes(1);

    private readonly Lock _gate = new();
    private readonly byte[] _key = RandomNumberGenerator.GetBytes(32);
    private readonly Dictionary<UInt128, Failures> _failures = [];
    private readonly Dictionary<UInt128, Place> _known = [];

    public int Count
    {
        get
        {
            lock (_gate)
                return _failures.Count;
        }
    }

    /// <param name="place">Null when it is not known.</param>
    public bool IsHeldOff(string tenant, string user, Place? place)
    {
        lock (_gate)
        {
            if (_failures.Count == 0)
                return false;
            var now = time.GetTimestamp();
            var (who, where) = (UserKey(tenant, user), PlaceKey(tenant, place));
            return IsKnown(who, place)
                ? IsHeld(PairKey(who, where), now)
                : IsHeld(who, now) || (place is not null && IsHeld(where, now));
        }
    }

    public void Failed(string tenant, string user, Place? place)
    {
        lock (_gate)
        {
            var (who, where) = (UserKey(tenant, user), PlaceKey(tenant, place));
            if (place is not null)
                Add(where, FreePerAddress);
            Add(IsKnown(who, place) ? PairKey(who, where) : who, FreePerUser);
        }
    }

    public void Succeeded(string tenant, string user, Place? place)
    {
        if (place is not { } here)
            return;
        lock (_gate)
        {
            var who = UserKey(tenant, user);
            if (_known.TryGetValue(who, out var last) && last == here)
                return;
            if (_known.Count >= Capacity)
                _known.Clear();
            _known[who] = here;
        }
    }

    private bool IsKnown(UInt128 who, Place? place) => place is not null && _known.TryGetValue(who, out var last) && last == place;

    private bool IsHeld(UInt128 key, long now) => _failures.TryGetValue(key, out var failures) && failures.HeldUntil > now;

    private void Add(UInt128 key, int free)
    {
        var now = time.GetTimestamp();
        if (!_failures.TryGetValue(key, out var failures) && _failures.Count >= Capacity && !MakeRoom(now))
            return;
        var count = now - failures.Last > Ticks(Memory) ? 1 : failures.Count + 1;
        var hold = count <= free ? TimeSpan.Zero : FirstHold * Math.Min(Math.Pow(2, count - free - 1), LongestHold / FirstHold);
        _failures[key] = new(count, now, hold == TimeSpan.Zero ? 0 : now + Ticks(hold));
    }

    /// <summary>Forgets what is old, and if that is nothing, those who fail now and then.</summary>
    private bool MakeRoom(long now)
    {
        Remove(failures => now - failures.Last > Ticks(Memory));
        if (_failures.Count >= Capacity)
            Remove(failures => failures.HeldUntil <= now);
        return _failures.Count < Capacity;
    }

    private void Remove(Func<Failures, bool> where)
    {
        foreach (var key in _failures.Where(failures => where(failures.Value)).Select(failures => failures.Key).ToArray())
            _failures.Remove(key);
    }

    private UInt128 UserKey(string tenant, string user) => Hash($"u\0{tenant}\0{user}");

    private UInt128 PlaceKey(string tenant, Place? place) => Hash($"p\0{tenant}\0{place?.IsV6}\0{place?.Bits}");

    private static UInt128 PairKey(UInt128 who, UInt128 where) => who ^ UInt128.RotateLeft(where, 1);

    private UInt128 Hash(string text)
    {
        Span<byte> hash = stackalloc byte[HMACSHA256.HashSizeInBytes];
        HMACSHA256.HashData(_key, Encoding.UTF8.GetBytes(text), hash);
        return System.Buffers.Binary.BinaryPrimitives.ReadUInt128LittleEndian(hash);
    }

    private long Ticks(TimeSpan span) => (long)(span.TotalSeconds * time.TimestampFrequency);

    /// <param name="Last">When the last one was.</param>
    /// <param name="HeldUntil">Until when logins are refused; 0 for not at all.</param>
    private readonly record struct Failures(int Count, long Last, long HeldUntil);
}
