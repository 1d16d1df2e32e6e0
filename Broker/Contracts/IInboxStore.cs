using Starling.Broker.Messages;

namespace Starling.Broker.Contracts;

/// <summary>
/// Keeps inboxes. Calls for one session are carried out in order, and a read sees what was called before it; a write is done when it is
/// as durable as the store makes it. A write with an epoch that is not the session's current one changes nothing and throws
/// <see cref="StaleEpochException"/>.
/// </summary>
public interface IInboxStore
{
    /// <summary>Entries arrive in the order of their numbers, once each.</summary>
    /// <param name="entries">What comes in.</param>
    /// <param name="reserve">
    /// Numbers below this one count as used from now on: the next owner begins there or above, also when the entries are gone by then. 0 for
    /// nothing new.
    /// </param>
    /// <returns>
    /// Numbers of entries that were not taken. Those that another member of a shared subscription was to leave
    /// (<see cref="Delivery.From"/>), where it does not have them any more, or where it has another owner. And those that repeat a QoS 2
    /// message that this inbox has had, or that any member of the shared subscription has had, where that is where they come from: same
    /// publisher and packet identifier, which the publisher has not released in between (<see cref="ISessionStore.SetReceivedAsync"/>).
    /// And, where several processes use the store, QoS 2 messages that come of an older connection than the publisher's session has had
    /// (<see cref="SessionState.ConnectionEpoch"/>): copies that were long under way. Publishers repeat what was not answered when the broker
    /// died; a store that dies with it need not look for repeats.
    /// </returns>
    /// <exception cref="StoreUnavailableException">Nothing of it has been or will be written.</exception>
    ValueTask<IReadOnlyList<long>> AppendAsync(SessionFencingToken session, IReadOnlyList<InboxEntry> entries, long reserve = 0);

    /// <summary>Marks QoS 2 entries as released and removes those done with. A store may answer removals before it has written them.</summary>
    /// <param name="acks">May be empty, to ask whether the epoch is the session's.</param>
    /// <param name="refused">Called, on any thread, when removals were answered and then found to name an epoch that is not the session's.</param>
    ValueTask AcknowledgeAsync(SessionFencingToken session, IReadOnlyList<InboxAck> acks, Action? refused = null);

    /// <summary>Entries in the order of their numbers.</summary>
    /// <param name="from">The lowest number.</param>
    /// <param name="mostBytes">
    /// How large their messages are together, at most; the first entry comes also when it is larger. Nobody has to hold all that waits for a
    /// client to read some of it.
    /// </param>
    ValueTask<IReadOnlyList<InboxEntry>> ReadAsync(SessionFencingToken session, long from, int most, long mostBytes = long.MaxValue);
}
