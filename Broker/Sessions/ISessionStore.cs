namespace Starling.Broker.Sessions;

/// <summary>Keeps durable sessions.</summary>
public interface ISessionStore
{
    /// <summary>Null when there is none.</summary>
    ValueTask<StoredSession?> LoadAsync(SessionKey session);

    /// <summary>Takes the session over: writes it with a new, higher epoch. From now on writes with an older one are refused.</summary>
    /// <exception cref="StaleEpochException">Somebody took it over with this epoch or a higher one.</exception>
    ValueTask SaveAsync(SessionKey session, StoredSession state);

    ValueTask SetSubscriptionsAsync(SessionKey session, long epoch, IReadOnlyList<Subscription> set, IReadOnlyList<string> removed);

    ValueTask SetReceivedAsync(SessionKey session, long epoch, IReadOnlyList<ushort> received, IReadOnlyList<ushort> released);

    /// <summary>Removes the session with its inbox.</summary>
    ValueTask DeleteAsync(SessionKey session, long epoch);
}

public readonly record struct SessionKey(string Tenant, string ClientId);

/// <summary>A durable session as it is stored, its inbox apart.</summary>
/// <param name="Epoch">Counts the connections that have owned it.</param>
/// <param name="ExpirySeconds">See <see cref="SessionConnect.ExpirySeconds"/>.</param>
/// <param name="Subscriptions">What it has subscribed to.</param>
/// <param name="Received">QoS 2 messages that came in and were not released.</param>
/// <param name="Will">Its will, while the connection lives or the delay runs.</param>
/// <param name="WillAt">Unix time in milliseconds at which the will is due; null while the connection lives.</param>
/// <param name="Inbox">Its inbox in numbers.</param>
/// <param name="ExpiresAt">Unix time in milliseconds at which it ends; null while it is connected or when it never does.</param>
public sealed record StoredSession(
    long Epoch,
    uint ExpirySeconds,
    long? ExpiresAt,
    IReadOnlyList<Subscription> Subscriptions,
    IReadOnlyList<ushort> Received,
    SessionWill? Will,
    long? WillAt,
    InboxSummary Inbox);

/// <param name="Next">The number that the next entry gets.</param>
public readonly record struct InboxSummary(long Next, int Count, long Bytes);

/// <summary>The session belongs to a later connection, or to another activation of it.</summary>
public sealed class StaleEpochException(SessionKey session, long epoch)
    : Exception($"Session '{session.ClientId}' of tenant '{session.Tenant}' has passed epoch {epoch}.");
