namespace Starling.Broker.Tenants.Authentication;

/// <summary>
/// The work of checking passwords, waiting for one of the few threads that do it. Bounded in all and per tenant, and served tenant by
/// tenant in turn: whoever floods one tenant with wrong passwords delays the logins of that tenant, not those of the others.
/// </summary>
internal sealed class PasswordCheckQueue(int capacity, int capacityPerTenant)
{
    private readonly object _gate = new();
    private readonly Dictionary<string, Queue<PasswordCheck>> _waiting = [];
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

    public bool TryAdd(string tenant, PasswordCheck check)
    {
        lock (_gate)
        {
            if (_closed || _count >= capacity)
                return false;
            if (!_waiting.TryGetValue(tenant, out var mine))
            {
                _waiting.Add(tenant, mine = new());
                _turns.Enqueue(tenant);
            }
            if (mine.Count >= capacityPerTenant)
                return false;
            mine.Enqueue(check);
            _count++;
            Monitor.Pulse(_gate);
            return true;
        }
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
            var tenant = _turns.Dequeue();
            var mine = _waiting[tenant];
            var check = mine.Dequeue();
            _count--;
            if (mine.Count > 0)
                _turns.Enqueue(tenant);
            else
                _waiting.Remove(tenant);
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
}
