namespace Starling.Broker.Sessions;

/// <summary>
/// Keeps inboxes. Calls for one session come in order; each is done when it is as durable as the store makes it. A call with an epoch
/// that is not the session's current one changes nothing and throws <see cref="StaleEpochException"/>.
/// </summary>
public interface IInboxStore
{
    /// <summary>Entries arrive in the order of their numbers.</summary>
    ValueTask AppendAsync(SessionKey session, long epoch, IReadOnlyList<InboxEntry> entries);

    /// <summary>Marks QoS 2 entries as released and removes those done with.</summary>
    ValueTask AcknowledgeAsync(SessionKey session, long epoch, IReadOnlyList<InboxAck> acks);

    /// <summary>Up to <paramref name="most"/> entries with numbers from <paramref name="from"/> up, in order.</summary>
    ValueTask<IReadOnlyList<InboxEntry>> ReadAsync(SessionKey session, long from, int most);
}
