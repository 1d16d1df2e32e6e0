using Starling.Broker.Contracts;
using Starling.Broker.Messages;
using Starling.Cluster.Contracts;
using Starling.Protocol;

namespace Starling.Cluster.Tests.Links;

/// <summary>A shard whose transfers a test answers one by one.</summary>
internal sealed class ScriptedShard : IRemoteShard
{
    public Calls<ShardTransfer, ShardReply> Transfers { get; } = new();

    public Calls<RetainedQuery, RetainedPage> Queries { get; } = new();

    public static ShardReply Done(ShardTransfer transfer, params int[] notStored) => new(
        transfer.KnownEpoch, ShardReplyKind.Done, [.. transfer.Messages.Select(_ => ReasonCode.Success)], notStored);

    public static ShardReply Refused(long epoch, ShardReplyKind kind = ShardReplyKind.OutOfDate) => new(epoch, kind, [], []);

    public ValueTask<ShardReply> TransferAsync(ShardTransfer transfer) => Transfers.MakeAsync(transfer);

    public ValueTask<RetainedPage> ReadRetainedAsync(RetainedQuery query) => Queries.MakeAsync(query);

    public ValueTask SetDurableRouteAsync(string clientId, Subscription subscription) => default;

    public ValueTask RemoveDurableRouteAsync(string clientId, string filter) => default;

    public ValueTask JoinAsync(SharedGroupKey group, SharedMember member) => default;

    public ValueTask LeaveAsync(SharedGroupKey group, string clientId) => default;

    public ValueTask<IReadOnlyList<int>> RedispatchAsync(string except, IReadOnlyList<Delivery> deliveries) => new([]);

    public ValueTask CompletedAsync(SharedGroupKey group, string clientId, int count) => default;
}
