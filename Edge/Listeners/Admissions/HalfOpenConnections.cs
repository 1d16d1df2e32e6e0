using System.Runtime.InteropServices;
using Starling.Edge.Transports;

namespace Starling.Edge.Listeners.Admissions;

/// <summary>
/// Connections whose CONNECT has not been accepted, by address. When there are too many, the one that has been silent longest gives way:
/// somebody who opens connections and says nothing locks nobody out, as a client needs only moments to say what it wants. Thread-safe.
/// </summary>
/// <param name="perAddress">Of one address; connections without an address do not count for one.</param>
/// <param name="maximum">Of all addresses together.</param>
internal sealed class HalfOpenConnections(int perAddress, int maximum)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<AddressKey, OfAddress> _addresses = [];

    // In the order they came. One that has sent its CONNECT is in none of the lists, and does not give way.
    private readonly LinkedList<AdmittedConnection> _silent = [];
    private int _count;

    public int Count => Volatile.Read(ref _count);

    /// <summary>Counts a connection; false when there are too many and none of them is silent.</summary>
    /// <param name="address">Null while it is not known, behind a proxy.</param>
    /// <param name="givesWay">To be closed: one that is not counted any more.</param>
    /// <param name="refusal">Which limit there is, whether something gives way or not; else null.</param>
    public bool TryAdd(AdmittedConnection connection, AddressKey? address, out AdmittedConnection? givesWay, out string? refusal)
    {
        (givesWay, refusal) = (null, null);
        lock (_gate)
        {
            if (address is { } key && !TryMakeRoom(key, ref givesWay, ref refusal))
                return false;
            if (_count >= maximum)
            {
                refusal = Refusal.HalfOpen;
                givesWay = _silent.First?.Value;
                if (givesWay is null)
                    return false;
                Remove(givesWay.HalfOpen!);
            }

            var place = new HalfOpenPlace(new LinkedListNode<AdmittedConnection>(connection), new LinkedListNode<AdmittedConnection>(connection));
            connection.HalfOpen = place;
            _silent.AddLast(place.Silent);
            _count++;
            if (address is not null)
                Attribute(place, address.Value);
            return true;
        }
    }

    /// <summary>Counts a connection for its address, which is known now.</summary>
    /// <inheritdoc cref="TryAdd"/>
    public bool TryAttribute(AdmittedConnection connection, AddressKey address, out AdmittedConnection? givesWay)
    {
        givesWay = null;
        string? refusal = null;
        lock (_gate)
        {
            if (connection.HalfOpen is not { } place)
                return true;
            if (!TryMakeRoom(address, ref givesWay, ref refusal))
                return false;
            Attribute(place, address);
            return true;
        }
    }

    /// <summary>Its CONNECT has been received: it does not give way any more, but counts.</summary>
    public void Speaks(AdmittedConnection connection)
    {
        lock (_gate)
        {
            if (connection.HalfOpen is { } place)
                Unlist(place);
        }
    }

    public void Remove(AdmittedConnection connection)
    {
        lock (_gate)
        {
            if (connection.HalfOpen is { } place)
                Remove(place);
        }
    }

    private bool TryMakeRoom(AddressKey address, ref AdmittedConnection? givesWay, ref string? refusal)
    {
        if (!_addresses.TryGetValue(address, out var present) || present.Count < perAddress)
            return true;
        refusal = Refusal.HalfOpenAddress;
        givesWay = present.Silent.First?.Value;
        if (givesWay is null)
            return false;
        Remove(givesWay.HalfOpen!);
        return true;
    }

    private void Attribute(HalfOpenPlace place, AddressKey address)
    {
        ref var present = ref CollectionsMarshal.GetValueRefOrAddDefault(_addresses, address, out _);
        present ??= new OfAddress();
        present.Count++;
        place.Address = address;
        if (place.Silent.List is not null)
            present.Silent.AddLast(place.SilentOfAddress);
    }

    private void Remove(HalfOpenPlace place)
    {
        Unlist(place);
        place.Silent.Value.HalfOpen = null;
        _count--;
        if (place.Address is { } address && --_addresses[address].Count == 0)
            _addresses.Remove(address);
    }

    private static void Unlist(HalfOpenPlace place)
    {
        place.Silent.List?.Remove(place.Silent);
        place.SilentOfAddress.List?.Remove(place.SilentOfAddress);
    }

    private sealed class OfAddress
    {
        public int Count { get; set; }

        public LinkedList<AdmittedConnection> Silent { get; } = [];
    }
}

/// <summary>Where a connection is among the half-open ones; the collection's own.</summary>
internal sealed class HalfOpenPlace(LinkedListNode<AdmittedConnection> silent, LinkedListNode<AdmittedConnection> silentOfAddress)
{
    public LinkedListNode<AdmittedConnection> Silent => silent;

    public LinkedListNode<AdmittedConnection> SilentOfAddress => silentOfAddress;

    /// <summary>The address that it counts for.</summary>
    public AddressKey? Address { get; set; }
}
