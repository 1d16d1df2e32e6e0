using Orleans;

namespace Starling.Broker.Contracts;

/// <summary>
/// Keeps durable sessions, and the wills of others while they are connected. Calls for one session are carried out in the order in
/// which they are made; each is done when it is as durable as the store makes it.
/// </summary>
/// <remarks>
/// One owner at a time: <see cref="TakeAsync"/> raises the session's epoch, every write names it and is refused with
/// <see cref="StaleEpochException"/> when it is not the current one. The store checks it, not the owner, so two processes that both
/// believe to own a session can't harm it. The epoch is the owner's, not the connection's: a connection outlives the object that gave it
/// its own (<see cref="StoredConnection"/>).
/// </remarks>
public interface ISessionStore
{
    /// <summary>Makes the caller the owner of the session. Null when there is no such session.</summary>
    /// <param name="epoch">The new epoch, unless the stored one is higher: then it goes up by one.</param>
    ValueTask<StoredSession?> TakeAsync(SessionKey session, long epoch);

    /// <summary>Writes what is not a list.</summary>
    /// <param name="epoch">The session's epoch so far; 0 for one that begins, which must not exist.</param>
    /// <param name="state">With the epoch that holds from now on. While there is a connection, the next number does not go back.</param>
    /// <returns>What the other writes name.</returns>
    /// <exception cref="StaleEpochException">It has another epoch, or has ended.</exception>
    ValueTask<SessionFencingToken> SaveAsync(SessionKey session, long epoch, SessionState state);

    ValueTask SetSubscriptionsAsync(SessionFencingToken session, IReadOnlyList<Subscription> set, IReadOnlyList<string> removed);

    /// <summary>QoS 2 messages of the session's client that came in, and those that are finished.</summary>
    ValueTask SetReceivedAsync(SessionFencingToken session, IReadOnlyList<ushort> received, IReadOnlyList<ushort> released);

    /// <summary>Removes the session with its inbox. One with another epoch stays.</summary>
    /// <returns>False when it has another epoch; true when it is gone, by whomever.</returns>
    ValueTask<bool> DeleteAsync(SessionKey session, long epoch);

    /// <summary>
    /// What a tenant's durable sessions are subscribed to, for its shards to begin with. All of them come, whatever their shard: how a
    /// filter falls to one is not the store's to know.
    /// </summary>
    IAsyncEnumerable<StoredRoute> LoadRoutesAsync(string tenant);

    /// <summary>
    /// Sessions for which something is to be done: expired, with a will that is due, or with a connection that ended with its edge.
    /// </summary>
    /// <param name="now">Unix time in milliseconds.</param>
    /// <param name="liveEdges">Edges that live; any other one is gone, or so new that the caller has not heard of it.</param>
    /// <param name="part">Which part of the sessions; each is in one part, and stays there.</param>
    /// <param name="parts">How many parts there are.</param>
    /// <param name="most">At most this many.</param>
    ValueTask<IReadOnlyList<SessionKey>> ReadDueAsync(
        IReadOnlyCollection<string> tenants, long now, IReadOnlyCollection<string> liveEdges, int part, int parts, int most);
}

[GenerateSerializer, Immutable, Alias("starling.session-key")]
public readonly record struct SessionKey([Id(0)] string Tenant, [Id(1)] string ClientId);

/// <summary>A stored session in the hands of its owner.</summary>
/// <param name="Id">What the store calls it.</param>
/// <param name="Epoch">Of the owner.</param>
public sealed record SessionFencingToken(SessionKey Key, long Id, long Epoch);

/// <summary>A session as it is stored, its lists apart.</summary>
/// <param name="Epoch">Of its owner.</param>
/// <param name="Connection">Its connection, or null.</param>
/// <param name="ExpirySeconds">See <see cref="SessionConnect.ExpirySeconds"/>.</param>
/// <param name="ExpiresAt">Unix time in milliseconds at which it ends; null while it is connected or when it never does.</param>
/// <param name="Will">Its will, while the connection lives or the delay runs.</param>
/// <param name="WillAt">Unix time in milliseconds at which the will is due; null while the connection lives.</param>
/// <param name="NextNumber">The number that the next entry of the inbox gets, or a lower one (<see cref="IInboxStore.AppendAsync"/>).</param>
/// <param name="ConnectionEpoch">The highest that a connection of the session has had.</param>
/// <param name="Owner">The name of the user whose session it is; null when it is anybody's, because its client was anonymous.</param>
public sealed record SessionState(
    long Epoch,
    StoredConnection? Connection,
    uint ExpirySeconds,
    long? ExpiresAt = null,
    SessionWill? Will = null,
    long? WillAt = null,
    long NextNumber = 0,
    long ConnectionEpoch = 0,
    string? Owner = null);

/// <summary>A connection as it is stored: enough for another object, in another process, to resume it.</summary>
/// <param name="EdgeId">The edge that holds it.</param>
/// <param name="Epoch">What its calls name.</param>
/// <param name="Attempt">See <see cref="SessionConnect.Attempt"/>.</param>
/// <param name="ReceiveMaximum">As in <see cref="ISession.StartAsync"/>; 0 before that: nothing is pushed to it.</param>
/// <param name="Durable">As it was told (<see cref="SessionConnected.Durable"/>).</param>
/// <param name="SessionPresent">As it was told (<see cref="SessionConnected.SessionPresent"/>).</param>
public sealed record StoredConnection(
    string EdgeId, long Epoch, long Attempt = 0, int ReceiveMaximum = 0, bool Durable = true, bool SessionPresent = false);

/// <param name="Hold">What writes name.</param>
/// <param name="State">With the new epoch.</param>
/// <param name="Subscriptions">What it has subscribed to.</param>
/// <param name="Received">QoS 2 messages that came in and were not released.</param>
/// <param name="Inbox">Its inbox in numbers.</param>
public sealed record StoredSession(
    SessionFencingToken Hold,
    SessionState State,
    IReadOnlyList<Subscription> Subscriptions,
    IReadOnlyList<ushort> Received,
    InboxSummary Inbox);

/// <param name="Next">The number that the next entry gets.</param>
[GenerateSerializer, Immutable, Alias("starling.inbox-summary")]
public readonly record struct InboxSummary(
    [Id(0)] long Next,
    [Id(1)] int Count,
    [Id(2)] long Bytes);

/// <param name="Subscription">What it is subscribed to.</param>
/// <param name="EdgeId">The edge that holds the session's connection, as far as the store knows; null while it has none.</param>
/// <param name="ConnectionEpoch">Of that connection.</param>
public readonly record struct StoredRoute(string ClientId, Subscription Subscription, string? EdgeId = null, long ConnectionEpoch = 0)
{
    public void Deconstruct(out string clientId, out Subscription subscription) => (clientId, subscription) = (ClientId, Subscription);
}

/// <summary>The session belongs to a later connection, or to another owner.</summary>
public sealed class StaleEpochException(SessionKey session, long epoch)
    : Exception($"Session '{session.ClientId}' of tenant '{session.Tenant}' lost ownership: epoch {epoch} is out of date.")
{
    public SessionKey Session { get; } = session;

    public long Epoch { get; } = epoch;
}
