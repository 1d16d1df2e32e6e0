using Starling.Broker.Contracts;

namespace Starling.Broker.Sessions;

/// <summary>What the client has received.</summary>
internal sealed partial class Inbox
{
    /// <param name="acks">What it has received.</param>
    /// <param name="refused">Called when the store, which has answered, does not take them, since another object is the session.</param>
    public async ValueTask AcknowledgeAsync(IReadOnlyList<InboxAck> acks, Action? refused = null)
    {
        ValueTask write;
        lock (_gate)
        {
            acks = SetAside(acks);
            write = _store.AcknowledgeAsync(_hold, acks, refused);
            foreach (var ack in acks)
            {
                if (ack.Number >= _pushNext)
                    _ahead.Clear();
                if (ack.Received)
                {
                    if (_unacknowledged.TryGetValue(ack.Number, out var entry))
                        _unacknowledged[ack.Number] = entry with { Released = true };
                }
                else if (_unacknowledged.Remove(ack.Number, out var done))
                {
                    _pushedBytes -= done.Delivery.Message.Size;
                    Forget(done);
                }
            }

            while (_oldest < _pushNext && !_unacknowledged.ContainsKey(_oldest))
                _oldest++;
        }

        Push();
        await write.ConfigureAwait(false);
    }

    /// <summary>
    /// An entry that another object has pushed may be done with before this one has come to it. Its turn is waited for: how much it counts
    /// for is not known before. The store is asked all the same whether this object still is the session; whoever takes it later pushes them
    /// to the connection again, which acknowledges them again.
    /// </summary>
    private IReadOnlyList<InboxAck> SetAside(IReadOnlyList<InboxAck> acks)
    {
        var ahead = false;
        foreach (var ack in acks)
            ahead |= !ack.Received && ack.Number >= _pushNext;
        if (!ahead || !_isShared)
            return acks;
        (_doneAhead ??= []).UnionWith(acks.Where(ack => !ack.Received && ack.Number >= _pushNext).Select(ack => ack.Number));
        return [.. acks.Where(ack => ack.Received || ack.Number < _pushNext)];
    }
}
