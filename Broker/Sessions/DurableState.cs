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

    /// <summary>Packet identifiers of QoS 2 messages that came in and were not released. Locked by who uses it outside of a turn.</summary>
    public HashSet<ushort> Received { get; } = [];
}
