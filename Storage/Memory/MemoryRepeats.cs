using Starling.Broker.Contracts;
using Starling.Broker.Messages;

namespace Starling.Storage.Memory;

/// <summary>QoS 2 messages that are in inboxes and that their publishers have not released: those that may be repeated.</summary>
internal sealed class MemoryRepeats
{
    private readonly Lock _gate = new();
    private readonly Dictionary<Note, (long Session, long Number)> _notes = [];
    private readonly Dictionary<long, long> _connections = [];

    /// <summary>A publisher's session has a connection with this epoch: what older ones have brought comes too late from now on.</summary>
    public void Connected(long publisher, long epoch)
    {
        lock (_gate)
            _connections[publisher] = epoch;
    }

    /// <returns>False for a repeat, and for what comes too late.</returns>
    public bool Take(SessionFencingToken session, InboxEntry entry)
    {
        var message = entry.Delivery.Message;
        if (message.RepeatableIdentifier == 0)
            return true;
        var place = (session.Id, session.Key.Tenant, entry.Delivery.Group);
        if (entry.Delivery.Group is not null)
            place.Id = 0;
        var note = new Note(place.Id, place.Tenant, place.Group, message.Publisher!.SessionId, message.RepeatableIdentifier);
        lock (_gate)
        {
            if (_notes.TryGetValue(note, out var noted))
                return noted == (session.Id, entry.Number);
            if (message.Publisher.Epoch < _connections.GetValueOrDefault(message.Publisher.SessionId))
                return false;
            _notes.Add(note, (session.Id, entry.Number));
            return true;
        }
    }

    public void Forget(long publisher, IReadOnlyList<ushort> packetIdentifiers)
    {
        if (packetIdentifiers.Count > 0)
            Remove(note => note.Publisher == publisher && packetIdentifiers.Contains((ushort)note.PacketIdentifier));
    }

    public void Forget(long session)
    {
        Remove(note => note.Publisher == session || note.Inbox == session);
        lock (_gate)
            _connections.Remove(session);
    }

    /// <summary>Of the entries that a note has; below 0 for none.</summary>
    public long HighestNumber(long session)
    {
        lock (_gate)
            return _notes.Values.Where(place => place.Session == session).Select(place => place.Number).DefaultIfEmpty(-1).Max();
    }

    private void Remove(Func<Note, bool> isOver)
    {
        lock (_gate)
        {
            foreach (var note in _notes.Keys.Where(isOver).ToArray())
                _notes.Remove(note);
        }
    }

    private sealed record Note(long Inbox, string Tenant, SharedGroupKey? Group, long Publisher, int PacketIdentifier);
}
