using Starling.Broker.Contracts;
using Starling.Broker.Messages;
using Starling.Broker.Tenants;

namespace Starling.Broker.Sessions;

/// <remarks>What makes room for new entries where the oldest are dropped.</remarks>
internal sealed partial class Inbox
{
    /// <summary>Of a batch the newest that an inbox holds besides what is on its way to the client; the others are dropped.</summary>
    private IReadOnlyList<Delivery> Newest(IReadOnlyList<Delivery> deliveries, TenantLimits limits)
    {
        int room;
        long roomBytes;
        lock (_gate)
            (room, roomBytes) = (limits.InboxMessages - _unacknowledged.Count, limits.InboxBytes - _pushedBytes);
        if (deliveries.Count <= room && deliveries.Sum(delivery => (long)delivery.Message.Size) <= roomBytes)
            return deliveries;
        var kept = new Stack<Delivery>();
        foreach (var delivery in deliveries.Reverse().Where(delivery => delivery.Message.Size <= limits.InboxBytes))
        {
            if (kept.Count >= room || delivery.Message.Size > roomBytes)
                break;
            roomBytes -= delivery.Message.Size;
            kept.Push(delivery);
        }

        _counters.DroppedInboxFull.Add(deliveries.Count - kept.Count);
        return [.. kept];
    }

    /// <summary>Removes the oldest entries that are not on their way, until the new ones fit.</summary>
    private async ValueTask MakeRoomAsync(IReadOnlyList<Delivery> deliveries, TenantLimits limits)
    {
        long passed = 0;
        while (true)
        {
            long from;
            int excess;
            long excessBytes;
            lock (_gate)
            {
                excess = _count + deliveries.Count - limits.InboxMessages;
                excessBytes = _bytes + deliveries.Sum(delivery => (long)delivery.Message.Size) - limits.InboxBytes;
                if ((excess <= 0 && excessBytes <= 0) || _count == _unacknowledged.Count)
                    return;
                from = Math.Max(Math.Max(_floor, passed), _edge is null ? 0 : _pushNext);
            }

            var oldest = await _store.ReadAsync(_hold, from, Math.Clamp(excess, 1, PageSize)).ConfigureAwait(false);
            if (oldest.Count == 0)
                return;
            // QoS 2 messages that the client has are finished.
            passed = oldest[^1].Number + 1;
            oldest = [.. oldest.Where(entry => !entry.Released)];
            if (oldest.Count == 0)
                continue;
            ValueTask write;
            lock (_gate)
            {
                if (_closed)
                    return;
                // A push may have taken some of them meanwhile.
                oldest = [.. oldest.Where(entry => entry.Number >= _floor && (_edge is null || entry.Number >= _pushNext))];
                _floor = oldest.Count > 0 ? oldest[^1].Number + 1 : _floor;
                _pushNext = Math.Max(_pushNext, oldest.Count > 0 && _edge is not null ? oldest[^1].Number + 1 : 0);
                foreach (var entry in oldest)
                    Forget(entry);
                write = _store.AcknowledgeAsync(_hold, [.. oldest.Select(entry => new InboxAck(entry.Number, Received: false))]);
                _counters.DroppedInboxFull.Add(oldest.Count);
            }

            await write.ConfigureAwait(false);
        }
    }
}
