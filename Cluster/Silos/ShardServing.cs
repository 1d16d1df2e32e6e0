using Microsoft.Extensions.Logging;
using Starling.Broker.Contracts;
using Starling.Broker.Messages;
using Starling.Broker.Retained;
using Starling.Broker.Routing;
using Starling.Cluster.Contracts;
using Starling.Cluster.Links;
using Starling.Protocol;

namespace Starling.Cluster.Silos;

/// <summary>Carries out what other processes send to a shard that has begun.</summary>
internal sealed partial class ShardServing(
    SiloServices silo, ShardFencingToken token, ShardValidity validity, TopicShard shard, RetainedMessages retained, ShardEdges edges, ILogger logger)
{
    private readonly TransferDeduplicator<ShardReply> _transfers = new();
    private readonly RetainedCursors _cursors = new(shard, silo.Time);
    private readonly OwnershipCheck _ownership = new(silo.Shards, token);

    // Each lane has its own: what never waits for a store does not wait for what does either.
    private readonly PublisherEpochs _stored = new(silo.Time);
    private readonly PublisherEpochs _direct = new(silo.Time);

    public long Epoch => token.Epoch;

    public async ValueTask<ShardReply> TransferAsync(ShardTransfer transfer)
    {
        if (transfer.KnownEpoch > Epoch)
            validity.Lose();
        if (validity.IsOutOfDate)
            return NotDone(ShardReplyKind.OutOfDate);
        if (transfer.IsEdge && !edges.Knows(transfer.Sender) && !await silo.Edges.IsAliveAsync(transfer.Sender).ConfigureAwait(false))
            throw new RemoteCallException($"Edge {transfer.Sender} is not in the directory.");
        if (transfer.KnownEpoch < Epoch)
            return NotDone(transfer.IsEdge && !edges.Knows(transfer.Sender) ? ShardReplyKind.NeedsRoutes : ShardReplyKind.OutOfDate);
        return await _transfers.RunAsync(
            new TransferId(transfer.Sender, (int)transfer.Lane, Epoch: 0, transfer.Number), () => CarryOutAsync(transfer), Prepare).ConfigureAwait(false);

        // Routes take effect at once: what follows, of whichever sender, goes by them.
        ShardReply? Prepare() => transfer.IsEdge && !edges.TryApply(transfer.Sender, transfer.Routes, shard)
            ? NotDone(ShardReplyKind.NeedsRoutes)
            : null;
    }

    public async ValueTask SetDurableRouteAsync(string clientId, Subscription subscription)
    {
        await shard.SetDurableRouteAsync(clientId, subscription).ConfigureAwait(false);
        await EnsureCurrentAsync().ConfigureAwait(false);
    }

    public async ValueTask RemoveDurableRouteAsync(string clientId, string filter)
    {
        await shard.RemoveDurableRouteAsync(clientId, filter).ConfigureAwait(false);
        await EnsureCurrentAsync().ConfigureAwait(false);
    }

    public async ValueTask JoinAsync(SharedGroupKey group, SharedMember member)
    {
        await shard.JoinAsync(group, member).ConfigureAwait(false);
        await EnsureCurrentAsync().ConfigureAwait(false);
    }

    public async ValueTask LeaveAsync(SharedGroupKey group, string clientId)
    {
        await shard.LeaveAsync(group, clientId).ConfigureAwait(false);
        await EnsureCurrentAsync().ConfigureAwait(false);
    }

    public async ValueTask<IReadOnlyList<int>> RedispatchAsync(string except, IReadOnlyList<Delivery> deliveries)
    {
        try
        {
            return await shard.RedispatchAsync(except, deliveries).ConfigureAwait(false);
        }
        catch (StaleShardException error)
        {
            throw ShardHost.NotTheOwner(error);
        }
    }

    public ValueTask CompletedAsync(SharedGroupKey group, string clientId, int count) => shard.CompletedAsync(group, clientId, count);

    public ValueTask<RetainedPage> ReadRetainedAsync(RetainedQuery query) => _cursors.ReadAsync(query);

    /// <summary>Takes what an edge says of its routes when the shard begins, or the edge joins.</summary>
    /// <returns>False when the edge has to tell all of them.</returns>
    public bool TryApply(string edgeId, EdgeRoutes routes) => edges.TryApply(edgeId, routes, shard);

    /// <summary>The edge is gone, and the directory has said so.</summary>
    public void RemoveEdge(string edgeId)
    {
        _transfers.Forget(edgeId);
        edges.Remove(edgeId, shard);
    }

    /// <summary>Ends what is under way: it has not reached everybody, and goes to the next shard.</summary>
    /// <param name="patience">How long to wait for the store to take what still has to be written.</param>
    public async ValueTask EndAsync(TimeSpan patience)
    {
        validity.End();
        edges.End();
        Task written = retained.CommitAsync();
        await written.WaitAsync(patience, silo.Time, CancellationToken.None).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        retained.Dispose();
    }

    private ShardReply NotDone(ShardReplyKind kind) => new(Epoch, kind, [], []);

    private async ValueTask EnsureCurrentAsync()
    {
        if (await _ownership.IsCurrentAsync().ConfigureAwait(false))
            return;
        validity.Lose();
        throw ShardHost.NotTheOwner();
    }

    private async Task<ShardReply> CarryOutAsync(ShardTransfer transfer)
    {
        var publishers = transfer.Lane == ShardLane.Direct ? _direct : _stored;
        var passage = publishers.Enter(transfer.Messages);
        try
        {
            await passage.Before.ConfigureAwait(false);
            return validity.IsOutOfDate ? NotDone(ShardReplyKind.OutOfDate) : await PublishAsync(transfer, passage.Late).ConfigureAwait(false);
        }
        finally
        {
            publishers.Leave(passage);
        }
    }

    /// <param name="late">Places of messages that are not taken any more; null for none.</param>
    private async Task<ShardReply> PublishAsync(ShardTransfer transfer, IReadOnlySet<int>? late)
    {
        var isCertain = true;
        var batch = new PublishBatch();
        foreach (var message in late is null ? transfer.Messages : transfer.Messages.Where((_, i) => !late.Contains(i)))
            batch.Add(message);
        try
        {
            // Edges know the epoch; a silo may not have heard of a successor, to whom others may have subscribed.
            if (!transfer.IsEdge && !await _ownership.IsCurrentAsync().ConfigureAwait(false))
                validity.Lose();
            else
                await shard.PublishAsync(batch, transfer.IsEdge ? transfer.Sender : null).ConfigureAwait(false);
        }
        catch (StaleShardException)
        {
            validity.Lose();
        }
        catch (Exception error)
        {
            // It is not known which of them are as safe as they have to be.
            isCertain = false;
            Log.PublishFailed(logger, token.Shard, token.Tenant, batch.Count, error);
            for (var i = 0; i < batch.Count; i++)
                batch.SetNotStored(i, isInDoubt: true);
        }

        if (validity.IsOutOfDate)
            return NotDone(ShardReplyKind.OutOfDate);
        return isCertain && late is null && transfer.Lane == ShardLane.Direct
            ? new ShardReply(Epoch, ShardReplyKind.Done, [], [])
            : ReplyWithOutcomes(transfer, batch, late);
    }

    private ShardReply ReplyWithOutcomes(ShardTransfer transfer, PublishBatch batch, IReadOnlySet<int>? late)
    {
        // Who published what came too late is not answered: its connection closes.
        var places = late is null ? null : Enumerable.Range(0, transfer.Messages.Count).Where(i => !late.Contains(i)).ToArray();
        var outcomes = new ReasonCode[transfer.Messages.Count];
        Array.Fill(outcomes, ReasonCode.ServerUnavailable);
        var notStored = new List<int>(late ?? Enumerable.Empty<int>());
        for (var i = 0; i < batch.Count; i++)
        {
            var place = places?[i] ?? i;
            outcomes[place] = batch.Outcome(i);
            if (batch.IsNotStored(i))
                notStored.Add(place);
        }

        return new ShardReply(Epoch, ShardReplyKind.Done, outcomes, notStored);
    }

    private static partial class Log
    {
        [LoggerMessage(Level = LogLevel.Error, Message = "Shard {Shard} of tenant {Tenant}: publishing {Count} messages failed")]
        public static partial void PublishFailed(ILogger logger, int shard, string tenant, int count, Exception error);
    }
}
