using Starling.Broker.Contracts;
using Starling.Broker.Messages;
using Starling.Protocol;

namespace Starling.Cluster.Contracts;

/// <summary>A topic shard as other processes reach it. Every call may be made again when its outcome is not known.</summary>
[Alias("starling.shard-calls")]
public interface IRemoteShard
{
    /// <summary>
    /// What one sender, an edge or a silo, has for the shard. A sender has one transfer under way in each lane; what comes meanwhile goes into
    /// the next one, so that order is kept and one call carries much.
    /// </summary>
    [Alias("transfer")]
    ValueTask<ShardReply> TransferAsync(ShardTransfer transfer);

    [Alias("set-durable-route")]
    ValueTask SetDurableRouteAsync(string clientId, Subscription subscription);

    [Alias("remove-durable-route")]
    ValueTask RemoveDurableRouteAsync(string clientId, string filter);

    /// <summary>A durable session joins; other members come with their edge's routes.</summary>
    [Alias("join")]
    ValueTask JoinAsync(SharedGroupKey group, SharedMember member);

    [Alias("leave")]
    ValueTask LeaveAsync(SharedGroupKey group, string clientId);

    /// <inheritdoc cref="ITopicShard.RedispatchAsync"/>
    [Alias("redispatch")]
    ValueTask<IReadOnlyList<int>> RedispatchAsync(string except, IReadOnlyList<Delivery> deliveries);

    /// <inheritdoc cref="ITopicShard.CompletedAsync"/>
    [Alias("completed")]
    ValueTask CompletedAsync(SharedGroupKey group, string clientId, int count);

    [Alias("read-retained")]
    ValueTask<RetainedPage> ReadRetainedAsync(RetainedQuery query);
}

/// <param name="Sender">The edge's id, or the silo's name.</param>
/// <param name="IsEdge">Whether the sender has connections: it delivers to them itself.</param>
/// <param name="KnownEpoch">The highest epoch of this shard that the sender has heard of; 0 for none. A shard with a lower one is out of date.</param>
/// <param name="Number">Counts up by one in its lane; a transfer that is sent again keeps its number, and the shard answers a repeat as it did before.</param>
/// <param name="Routes">What changed in the edge's routes since the transfer before; null for nothing.</param>
/// <param name="Messages">In order, of all its connections.</param>
/// <param name="Lane">Transfers of one lane are carried out one after the other.</param>
[Immutable]
public sealed record ShardTransfer(
    string Sender,
    bool IsEdge,
    long KnownEpoch,
    long Number,
    EdgeRoutes? Routes,
    IReadOnlyList<Message> Messages,
    ShardLane Lane = ShardLane.Stored);

/// <summary>The ways from a sender to a shard, each with an order and numbers of its own.</summary>
public enum ShardLane
{
    /// <summary>What may have to wait for a store, and whatever must not overtake it.</summary>
    Stored,

    /// <summary>What never waits for one: an edge's routes, and messages of QoS 0 that are not retained.</summary>
    Direct,
}

/// <param name="Epoch">Of the shard that answers.</param>
/// <param name="Kind">What became of the transfer.</param>
/// <param name="Outcomes">One for each message, when done; none in <see cref="ShardLane.Direct"/>, where nothing is refused.</param>
/// <param name="NotStored">Places of messages that must not be acknowledged (<see cref="PublishBatch.IsNotStored"/>, <see cref="PublishBatch.IsInDoubt"/>).</param>
[Immutable]
public sealed record ShardReply(long Epoch, ShardReplyKind Kind, IReadOnlyList<ReasonCode> Outcomes, IReadOnlyList<int> NotStored);

public enum ShardReplyKind
{
    Done,

    /// <summary>The shard does not have this edge's routes: the transfer is to come again with all of them.</summary>
    NeedsRoutes,

    /// <summary>Another object is the shard by now; the transfer is to be sent again, and will find it.</summary>
    OutOfDate,
}

/// <summary>The next page of a retained replay.</summary>
/// <param name="Filter">What it asks for.</param>
/// <param name="Cursor">Chosen at random by who asks; the shard keeps where it stands for a minute.</param>
/// <param name="Page">Counts from 0; a page that is asked for again comes again. A shard that does not know the cursor begins anew.</param>
/// <param name="Most">Messages in the page, at most.</param>
[GenerateSerializer, Immutable, Alias("starling.retained-query")]
public sealed record RetainedQuery(
    [Id(0)] string Filter,
    [Id(1)] Guid Cursor,
    [Id(2)] int Page,
    [Id(3)] int Most);
