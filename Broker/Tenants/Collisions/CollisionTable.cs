namespace Starling.Broker.Tenants.Collisions;

/// <param name="Verdict">What to do now.</param>
/// <param name="IsNew">The threshold was reached just now.</param>
/// <param name="ShouldWarn">Not more than once per window.</param>
/// <param name="Takeovers">Takeovers between addresses, tried or done, in the window that ends now.</param>
/// <param name="Hold">What is left of the time for which the older connection is kept.</param>
internal readonly record struct Sighting(TakeoverVerdict Verdict, bool IsNew, bool ShouldWarn, int Takeovers, TimeSpan Hold);

/// <summary>The client ids of one tenant that moved between addresses lately; at most <see cref="Capacity"/> of them.</summary>
internal sealed class CollisionTable
{
    public const int Capacity = 1024;

    private readonly Lock _gate = new();
    private readonly Dictionary<string, ContestedClientId> _contested = new(StringComparer.Ordinal);

    public int Count
    {
        get
        {
            lock (_gate)
                return _contested.Count;
        }
    }

    public Sighting Observe(string clientId, Place older, Place newer, TimeProvider time, ClientIdCollisionOptions options)
    {
        var now = time.GetTimestamp();
        lock (_gate)
        {
            if (!_contested.TryGetValue(clientId, out var contested))
            {
                if (_contested.Count >= Capacity)
                    MakeRoom(now);
                _contested.Add(clientId, contested = new());
            }
            return contested.Observe(older, newer, now, time, options);
        }
    }

    /// <summary>Forgets the client id that was quiet for longest, one that is being held only if all are.</summary>
    private void MakeRoom(long now) =>
        _contested.Remove(_contested.MinBy(pair => (pair.Value.IsHeld(now), pair.Value.LastSeen)).Key);
}
