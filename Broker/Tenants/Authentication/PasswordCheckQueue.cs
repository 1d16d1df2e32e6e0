using Starling.Broker.Tenants.Collisions;

namespace Starling.Broker.Tenants.Authentication;

/// <summary>
/// The work of checking passwords, waiting for one of the few threads that do it. Bounded in all and per tenant. Served tenant by tenant in
/// turn, and within a tenant address by address: whoever floods one tenant with wrong passwords delays the logins from its own address. When
/// there is no room, the heaviest gives way: of the tenants the one with most that waits, of its addresses likewise, and of that one's
/// checks the latest.
/// </summary>
internal sealed class PasswordCheckQueue(int capacity, int capacityPerTenant)
{
    private readonly object _gate = new();
    private readonly Dictionary<string, TenantChecks> _waiting = [];
    private readonly Queue<string> _turns = new();
    private int _count;
    private bool _closed;

    public int Count
    {
        get
        {
            lock (_gate)
                return _count;
        }
    }

    /// <returns>False when the check is the one that gives way, or the queue is closed. One that gives way later has the verdict Busy.</returns>
    public bool TryAdd(string tenant, Place place, PasswordCheck check)
    {
        PasswordCheck? evicted;
        lock (_gate)
        {
            if (_closed || !TryMakeRoom(tenant, place, out evicted))
                return false;
            if (!_waiting.TryGetValue(tenant, out var mine))
            {
                _waiting.Add(tenant, mine = new());
                _turns.Enqueue(tenant);
            }
            mine.Add(place, check);
            _count++;
            Monitor.Pulse(_gate);
        }
        evicted?.GiveWay();
        return true;
    }

    /// <summary>Waits for the next piece of work; null when the queue is closed and empty.</summary>
    public PasswordCheck? Take()
    {
        lock (_gate)
        {
            while (_count == 0)
            {
                if (_closed)
                    return null;
                Monitor.Wait(_gate);
            }
            // A tenant whose checks have all given way still has its turn.
            TenantChecks? mine;
            string tenant;
            do
                tenant = _turns.Dequeue();
            while (!_waiting.TryGetValue(tenant, out mine) || Forget(tenant, mine));
            var check = mine.Take();
            _count--;
            if (!Forget(tenant, mine))
                _turns.Enqueue(tenant);
            return check;
        }
    }

    public void Close()
    {
        lock (_gate)
        {
            _closed = true;
            Monitor.PulseAll(_gate);
        }
    }

    private bool TryMakeRoom(string tenant, Place place, out PasswordCheck? evicted)
    {
        evicted = null;
        var mine = _waiting.GetValueOrDefault(tenant);
        var own = mine?.Count ?? 0;
        var from = mine;
        if (own < capacityPerTenant)
        {
            if (_count < capacity)
                return true;
            var heaviest = _waiting.MaxBy(waiting => waiting.Value.Count).Value;
            if (heaviest is null)
                return false;
            if (heaviest.Count > own + 1)
                from = heaviest;
        }

        if (from is null)
            return false;
        evicted = from == mine ? from.Evict(heavierThan: from.CountOf(place) + 1) : from.Evict(heavierThan: 0);
        if (evicted is null)
            return false;
        _count--;
        return true;
    }

    private bool Forget(string tenant, TenantChecks checks)
    {
        if (checks.Count > 0)
            return false;
        _waiting.Remove(tenant);
        return true;
    }

    /// <summary>What waits of one tenant, by address.</summary>
    private sealed class TenantChecks
    {
        private readonly Dictionary<Place, LinkedList<PasswordCheck>> _byPlace = [];
        private readonly Queue<Place> _turns = new();

        public int Count { get; private set; }

        public int CountOf(Place place) => _byPlace.GetValueOrDefault(place)?.Count ?? 0;

        public void Add(Place place, PasswordCheck check)
        {
            if (!_byPlace.TryGetValue(place, out var checks))
            {
                _byPlace.Add(place, checks = []);
                _turns.Enqueue(place);
            }
            checks.AddLast(check);
            Count++;
        }

        public PasswordCheck Take()
        {
            LinkedList<PasswordCheck>? checks;
            Place place;
            do
                place = _turns.Dequeue();
            while (!_byPlace.TryGetValue(place, out checks) || IsDone(place, checks));
            var check = checks.First!.Value;
            checks.RemoveFirst();
            Count--;
            if (!IsDone(place, checks))
                _turns.Enqueue(place);
            return check;
        }

        /// <summary>Takes out the latest check of the address with most, if it has more than that.</summary>
        public PasswordCheck? Evict(int heavierThan)
        {
            var heaviest = _byPlace.MaxBy(checks => checks.Value.Count).Value;
            if (heaviest is null || heaviest.Count <= heavierThan)
                return null;
            var check = heaviest.Last!.Value;
            heaviest.RemoveLast();
            Count--;
            return check;
        }

        private bool IsDone(Place place, LinkedList<PasswordCheck> checks)
        {
            if (checks.Count > 0)
                return false;
            _byPlace.Remove(place);
            return true;
        }
    }
}
