using Starling.Broker.Contracts;
using Starling.Broker.Messages;
using Starling.Broker.Tenants.Quotas;

namespace Starling.Broker.Sessions;

/// <summary>Makes room for new entries, in tenants where the oldest ones are dropped when an inbox is full.</summary>
internal sealed class InboxRoom(InboxState inbox, InboxWindow window)
{
    private const int PageSize = 256;

    /// <summary>The newest of a batch that an inbox holds besides what is on its way to the client; the others are dropped.</summary>
    public IReadOnlyList<Delivery> Newest(IReadOnlyList<Delivery> deliveries, TenantLimits limits)
    {
        int room;
        long roomBytes;
        lock (inbox.Gate)
            (room, roomBytes) = (limits.InboxMessages - window.Count, limits.InboxBytes - window.Bytes);
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

        inbox.Context.Counters.DroppedInboxFull.Add(deliveries.Count - kept.Count);
        return [.. kept];
    }

    /// <summary>Drops the oldest entries that are not on their way, until the new ones fit.</summary>
    public async ValueTask MakeAsync(IReadOnlyList<Delivery> deliveries, TenantLimits limits)
    {
        long passed = 0;
        while (true)
        {
            long from;
            int excess;
            SessionFencingToken token;
            lock (inbox.Gate)
            {
                excess = inbox.Count + deliveries.Count - limits.InboxMessages;
                var excessBytes = inbox.Bytes + deliveries.Sum(delivery => (long)delivery.Message.Size) - limits.InboxBytes;
                if ((excess <= 0 && excessBytes <= 0) || inbox.Count == window.Count)
                    return;
                (from, token) = (Math.Max(inbox.Numbers.DropFrom(window.IsConnected), passed), inbox.Token);
            }

            var oldest = await inbox.Context.Inboxes.ReadAsync(token, from, Math.Clamp(excess, 1, PageSize)).ConfigureAwait(false);
            if (oldest.Count == 0)
                return;
            passed = oldest[^1].Number + 1;
            // QoS 2 messages that the client has are finished by it.
            oldest = [.. oldest.Where(entry => !entry.Released)];
            if (oldest.Count > 0 && await DropAsync(oldest).ConfigureAwait(false) is false)
                return;
        }
    }

    /// <returns>False when the inbox is closed.</returns>
    private async ValueTask<bool> DropAsync(IReadOnlyList<InboxEntry> oldest)
    {
        ValueTask write;
        lock (inbox.Gate)
        {
            if (inbox.IsClosed)
                return false;
            // A push may have taken some of them meanwhile.
            var from = inbox.Numbers.DropFrom(window.IsConnected);
            oldest = [.. oldest.Where(entry => entry.Number >= from)];
            if (oldest.Count > 0)
                inbox.Numbers = inbox.Numbers.Drop(oldest[^1].Number + 1, window.IsConnected);
            foreach (var entry in oldest)
                inbox.Uncount(entry);
            write = inbox.Context.Inboxes.AcknowledgeAsync(inbox.Token, [.. oldest.Select(entry => new InboxAck(entry.Number, Received: false))]);
            inbox.Context.Counters.DroppedInboxFull.Add(oldest.Count);
        }

        await write.ConfigureAwait(false);
        return true;
    }
}
