using Starling.Protocol;
using Starling.Simulation.Nodes;
using Starling.Simulation.Time;

namespace Starling.Simulation.Engine;

/// <summary>
/// Which silo has the object of which key. One that nobody has comes up on some silo with the next call. For a while there may be two of
/// a key: then it depends on who calls which of them is found.
/// </summary>
internal sealed class Activations(Scheduler scheduler, Dice dice, Trace trace)
{
    private readonly Dictionary<string, Place> _places = new(StringComparer.Ordinal);
    private readonly Dictionary<string, Endpoint> _edges = new(StringComparer.Ordinal);
    private readonly List<SimulatedSilo> _silos = [];

    public static string DirectoryKey => "directory";

    public IReadOnlyList<SimulatedSilo> Silos => _silos;

    public static string ShardKey(string tenant, int shard) => $"shard/{tenant}/{shard}";

    public static string SessionKey(string tenant, string clientId) => $"session/{tenant}/{clientId}";

    public void Add(SimulatedSilo silo) => _silos.Add(silo);

    public void Publish(string address, Endpoint edge) => _edges[address] = edge;

    public Endpoint? FindEdge(string address) => _edges.GetValueOrDefault(address);

    /// <summary>Null while nobody can have it: its silo has just died, and that has not been noticed.</summary>
    public Endpoint? Find(NodeProcess caller, string key)
    {
        if (_places.TryGetValue(key, out var place))
        {
            var silo = place.For(caller);
            if (silo.Process.IsRunning)
                return silo.EndpointOf(key);
            if (scheduler.Now < silo.NoticedAt)
                return null;
            _places.Remove(key);
        }

        // By its key, so that what runs beside does not move it.
        SimulatedSilo[] candidates = [.. _silos.Where(silo => silo.Process is { IsRunning: true, IsLeaving: false })];
        if (candidates.Length == 0)
            return null;
        var chosen = candidates[TopicHash.Compute(System.Text.Encoding.UTF8.GetBytes(key)) % (uint)candidates.Length];
        _places.Add(key, new Place(chosen));
        trace.Add(chosen.Process.Name, "activates " + key);
        return chosen.EndpointOf(key);
    }

    /// <summary>Another silo takes itself to have the key, while the one that has it goes on.</summary>
    public bool Duplicate(TimeSpan duration)
    {
        string[] keys = [.. _places.Where(p => p.Value.Other is null && p.Value.One.Process.IsRunning && p.Key != DirectoryKey).Select(p => p.Key)];
        SimulatedSilo[] silos = [.. _silos.Where(silo => silo.Process is { IsRunning: true, IsLeaving: false })];
        if (keys.Length == 0 || silos.Length < 2)
            return false;
        var key = dice.Pick(keys);
        var place = _places[key];
        if (dice.Pick(silos) is var other && other == place.One)
            return false;
        trace.Add(other.Process.Name, "activates as well " + key);
        place.Other = other;
        place.Salt = dice.Next();
        scheduler.After(duration, () => Settle(key, place));
        return true;
    }

    /// <summary>Objects leave a silo, as they do when others join or it is to end; the next calls bring them up elsewhere.</summary>
    public void Evacuate(SimulatedSilo silo, Func<string, bool> which)
    {
        foreach (var key in _places.Where(p => p.Value.One == silo && p.Value.Other is null && which(p.Key)).Select(p => p.Key).ToArray())
        {
            _places.Remove(key);
            trace.Add(silo.Process.Name, "lets go of " + key);
            silo.Deactivate(key);
        }
    }

    /// <summary>An object has asked to be let go.</summary>
    public void Forget(SimulatedSilo silo, string key)
    {
        if (_places.TryGetValue(key, out var place) && place.One == silo)
            _places.Remove(key);
        else if (place?.Other == silo)
            place.Other = null;
    }

    private void Settle(string key, Place place)
    {
        if (place.Other is not { } other || !_places.TryGetValue(key, out var current) || current != place)
            return;
        // The later one stays as often as the earlier one.
        var loser = dice.Chance(0.5) ? place.One : other;
        place.One = loser == place.One ? other : place.One;
        place.Other = null;
        trace.Add(loser.Process.Name, "lets go of its own " + key);
        if (loser.Process.IsRunning)
            loser.Deactivate(key);
    }

    private sealed class Place(SimulatedSilo one)
    {
        public SimulatedSilo One { get; set; } = one;

        public SimulatedSilo? Other { get; set; }

        public ulong Salt { get; set; }

        public SimulatedSilo For(NodeProcess caller) =>
            Other is { Process.IsRunning: true } other && ((caller.Number ^ Salt) & 1) == 1 ? other : One;
    }
}
