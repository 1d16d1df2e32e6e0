using System.Net;
using Orleans;
using Starling.Broker.Messages;
using Starling.Broker.Tenants.Credentials;
using Starling.Protocol;

namespace Starling.Broker.Contracts;

/// <summary>
/// One client's session within its tenant: which connection owns it, its will and, when it outlives the connection, its
/// subscriptions, its inbox and its QoS 2 state. Every call of a connection carries the epoch that <see cref="ConnectAsync"/> gave it
/// and does nothing once a later connection has taken over.
/// </summary>
/// <remarks>
/// Every call may be made again when its outcome is not known, to whichever object is the session by then. One that fails with
/// <see cref="StoreUnavailableException"/> has not been written, or not wholly, and may be made again too.
/// </remarks>
[Alias("starling.session-calls")]
public interface ISession
{
    /// <summary>Makes the caller the owner. A connection that owned the session before is closed first.</summary>
    /// <param name="connect">What is asked for.</param>
    /// <param name="abandoned">The client has been refused meanwhile: the session stays as if it had never asked.</param>
    [Alias("connect")]
    ValueTask<SessionConnected> ConnectAsync(SessionConnect connect, CancellationToken abandoned = default);

    /// <summary>The connection is ready for the inbox: entries are pushed to its edge from now on.</summary>
    /// <returns>False when a later connection has taken over already, or this one has ended.</returns>
    [Alias("start")]
    ValueTask<bool> StartAsync(long epoch, int receiveMaximum);

    /// <summary>The connection has ended.</summary>
    [Alias("disconnect")]
    ValueTask DisconnectAsync(long epoch, SessionDisconnect disconnect);

    /// <summary>Adds or replaces subscriptions of a durable session and registers them with their shards.</summary>
    [Alias("subscribe")]
    ValueTask SubscribeAsync(long epoch, IReadOnlyList<Subscription> subscriptions);

    [Alias("unsubscribe")]
    ValueTask UnsubscribeAsync(long epoch, IReadOnlyList<string> filters);

    /// <summary>Messages of QoS 1 and 2 for a durable session. Done when they are in its inbox, or dropped by its limits and counted.</summary>
    [Alias("enqueue")]
    ValueTask EnqueueAsync(IReadOnlyList<Delivery> deliveries);

    /// <summary>Retained messages of QoS 1 and 2 for a new subscription of a durable session.</summary>
    /// <param name="filter">The subscription's.</param>
    /// <param name="deliveries">May be empty, to ask.</param>
    /// <returns>What waits in the inbox now; null when the session does not have the subscription any more and wants nothing of it.</returns>
    [Alias("replay")]
    ValueTask<InboxSummary?> ReplayAsync(string filter, IReadOnlyList<Delivery> deliveries);

    /// <summary>What the client has acknowledged. Done when it is written, as PUBREL must wait for ([MQTT-4.3.3-4]).</summary>
    /// <exception cref="StaleEpochException">There is a PUBREC among it, and a later connection owns the session: it is not written.</exception>
    [Alias("acknowledge")]
    ValueTask AcknowledgeAsync(long epoch, IReadOnlyList<InboxAck> acks);

    /// <summary>Packet identifiers of QoS 2 messages that came in (PUBLISH) and that are finished (PUBREL).</summary>
    /// <exception cref="StaleEpochException">A later connection owns the session: they are not written, and must not be answered.</exception>
    [Alias("record-received")]
    ValueTask RecordReceivedAsync(long epoch, IReadOnlyList<ushort> received, IReadOnlyList<ushort> released);

    /// <summary>
    /// Sees to what may be due: expiry, a delayed will, a connection that ended with its edge, entries that another object was about to push.
    /// </summary>
    [Alias("wake")]
    ValueTask WakeAsync();
}

/// <summary>A subscription that a session holds.</summary>
/// <param name="Filter">As the client wrote it, <c>$share/…</c> included.</param>
[GenerateSerializer, Immutable, Alias("starling.subscription")]
public sealed record Subscription(
    [Id(0)] string Filter,
    [Id(1)] SubscriptionOptions Options,
    [Id(2)] uint? SubscriptionIdentifier);

/// <param name="EdgeId">The edge that holds the connection.</param>
/// <param name="CleanStart">Whether an earlier session is thrown away.</param>
/// <param name="ExpirySeconds">How long it outlives the connection; 0 ends with it, <see cref="uint.MaxValue"/> never ends.</param>
/// <param name="Will">Published when the connection ends without a DISCONNECT; authorized by the caller.</param>
/// <param name="Address">The client's network address, for the owner of a client identifier that two devices fight over.</param>
/// <param name="Attempt">The same when one connection asks again since it had no answer, different otherwise; 0 when nobody asks twice.</param>
/// <param name="User">Who the client proved to be: a session of a user is for that user only. Null from an edge that does not tell.</param>
[GenerateSerializer, Immutable, Alias("starling.session-connect")]
public sealed record SessionConnect(
    [Id(0)] string EdgeId,
    [Id(1)] bool CleanStart,
    [Id(2)] uint ExpirySeconds,
    [Id(3)] SessionWill? Will,
    [Id(4)] IPAddress? Address,
    [Id(5)] long Attempt = 0,
    [Id(6)] User? User = null);

/// <param name="DelaySeconds">How long after the connection it is published, unless the session ends or the client is back first.</param>
/// <param name="User">Who it is published for: asked for permission when it is published, which may be long after CONNECT.</param>
[GenerateSerializer, Immutable, Alias("starling.session-will")]
public sealed record SessionWill(
    [Id(0)] Message Message,
    [Id(1)] uint DelaySeconds,
    [Id(2)] uint? MessageExpirySeconds,
    [Id(3)] User User);

/// <param name="ReasonCode">Success, or why the connection is refused.</param>
/// <param name="SessionPresent">Whether an earlier session is resumed ([MQTT-3.2.2-2]).</param>
/// <param name="Durable">Whether messages of QoS 1 and 2 come by the inbox: it may outlive the connection, or an earlier one did.</param>
/// <param name="Epoch">To be named in every call of this connection.</param>
/// <param name="SessionId">What the store calls the session; 0 when it ends with the connection.</param>
/// <param name="Subscriptions">Those of the earlier session; to be authorized again.</param>
/// <param name="Received">Packet identifiers of QoS 2 messages that have come in and not been released.</param>
[GenerateSerializer, Immutable, Alias("starling.session-connected")]
public sealed record SessionConnected(
    [Id(0)] ReasonCode ReasonCode,
    [Id(1)] bool SessionPresent,
    [Id(2)] bool Durable,
    [Id(3)] long Epoch,
    [Id(4)] long SessionId,
    [Id(5)] IReadOnlyList<Subscription> Subscriptions,
    [Id(6)] IReadOnlyList<ushort> Received);

/// <param name="PublishWill">False after a DISCONNECT with reason code 0 ([MQTT-3.14.4-3]).</param>
/// <param name="ExpirySeconds">A new session expiry interval that came with the DISCONNECT, or null.</param>
/// <param name="SentBelow">Inbox entries with lower numbers may have reached the client.</param>
[GenerateSerializer, Immutable, Alias("starling.session-disconnect")]
public sealed record SessionDisconnect(
    [Id(0)] bool PublishWill,
    [Id(1)] uint? ExpirySeconds = null,
    [Id(2)] long SentBelow = 0)
{
    /// <summary>The connection was lost, or closed by the broker.</summary>
    public static SessionDisconnect Lost { get; } = new(PublishWill: true);
}
