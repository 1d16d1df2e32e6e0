using Starling.Broker.Contracts;

namespace Starling.Broker.Sessions;

/// <summary>What a session keeps beyond its connection. Sessions that end with their connection have none of it.</summary>
internal sealed class DurableState
{
    public DurableState(SessionKey key, SessionContext context)
    {
        Inbox = new Inbox(key, context);
        Routes = new SessionRoutes(key, context, Inbox);
    }

    public Inbox Inbox { get; }

    public SessionRoutes Routes { get; }

    public Dictionary<string, Subscription> Subscriptions { get; } = new(StringComparer.Ordinal);

    /// <summary>Packet identifiers of QoS 2 messages that came in and were not released. Used outside of a turn too, under a lock of its own.</summary>
    public HashSet<ushort> Received { get; } = [];

    /// <summary>Records identifiers here and in the store, in one order.</summary>
    public ValueTask RecordReceivedAsync(ISessionStore store, IReadOnlyList<ushort> received, IReadOnlyList<ushort> released)
    {
        lock (Received)
        {
            Received.UnionWith(received);
            Received.ExceptWith(released);
            return store.SetReceivedAsync(Inbox.Token, received, released);
        }
    }
}
