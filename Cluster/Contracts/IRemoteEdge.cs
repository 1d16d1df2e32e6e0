using Orleans.Concurrency;
using Starling.Broker.Contracts;
using Starling.Broker.Messages;
using Starling.Protocol;

namespace Starling.Cluster.Contracts;

/// <summary>An edge process as shards and sessions in other processes reach it. Every call may be made again when its outcome is not known.</summary>
[Alias("starling.edge-calls")]
public interface IRemoteEdge
{
    /// <summary>What one shard has for the edge's connections. A shard has one transfer to an edge under way.</summary>
    [AlwaysInterleave, Alias("transfer")]
    ValueTask<EdgeReply> TransferAsync(EdgeTransfer transfer);

    /// <summary>Entries of inboxes for connections, of all sessions of a silo; it has one push to an edge under way.</summary>
    [AlwaysInterleave, Alias("push")]
    ValueTask PushAsync(InboxPush push);

    /// <summary>A shard begins, and serves nobody before every live edge has told it its routes.</summary>
    [AlwaysInterleave, Alias("announce")]
    ValueTask<EdgeRoutes> AnnounceAsync(string tenant, int shard, long epoch);

    /// <inheritdoc cref="IInboxDelivery.CloseAsync"/>
    [AlwaysInterleave, Alias("close")]
    ValueTask<bool> CloseAsync(string tenant, string clientId, long epoch, ReasonCode reason);

    /// <summary>Closes whatever connection the client has here, since another one owns its session.</summary>
    /// <returns>The epoch of the connection that was there; 0 for none.</returns>
    [AlwaysInterleave, Alias("evict")]
    ValueTask<long> EvictAsync(string tenant, string clientId, ReasonCode reason);
}

/// <param name="Tenant">Whose messages.</param>
/// <param name="Shard">Which shard sends.</param>
/// <param name="Epoch">Its epoch; an edge that has heard of a later one refuses with <see cref="EdgeReply.IsOutOfDate"/>.</param>
/// <param name="Number">Counts up by one within the epoch; a transfer that is sent again keeps its number, and is answered as before.</param>
/// <param name="Messages">For whatever the edge's subscriptions match, in order.</param>
/// <param name="Members">For single connections, chosen by shared subscriptions.</param>
[Immutable]
public sealed record EdgeTransfer(
    string Tenant, int Shard, long Epoch, long Number, IReadOnlyList<Message> Messages, IReadOnlyList<MemberDeliveries> Members);

/// <param name="ClientId">Whose connection.</param>
/// <param name="Epoch">Of the connection that joined.</param>
/// <param name="Deliveries">In order.</param>
[Immutable]
public sealed record MemberDeliveries(string ClientId, long Epoch, IReadOnlyList<Delivery> Deliveries);

/// <param name="IsOutOfDate">The shard that sent it is not the shard any more.</param>
/// <param name="NotReached">Places in <see cref="EdgeTransfer.Members"/> whose connection is gone: their messages went nowhere.</param>
[GenerateSerializer, Immutable, Alias("starling.edge-reply")]
public sealed record EdgeReply([Id(0)] bool IsOutOfDate, [Id(1)] IReadOnlyList<int> NotReached);

[Immutable]
public sealed record InboxPush(IReadOnlyList<ConnectionEntries> Entries);

/// <param name="Tenant">The session's.</param>
/// <param name="ClientId">The session's.</param>
/// <param name="Epoch">Of the connection that they are for.</param>
/// <param name="Entries">In order. A connection passes over what it has had.</param>
/// <param name="Owner">Of the session object that pushes. When another one has taken the session, what comes late of this one is passed over: it is not in order with what the other pushes.</param>
[Immutable]
public sealed record ConnectionEntries(string Tenant, string ClientId, long Epoch, IReadOnlyList<InboxEntry> Entries, long Owner = 0);
