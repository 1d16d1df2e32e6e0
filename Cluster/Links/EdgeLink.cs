using Microsoft.Extensions.Logging;
using Starling.Broker.Contracts;
using Starling.Broker.Messages;
using Starling.Broker.Metrics;
using Starling.Cluster.Contracts;
using Starling.Protocol;

namespace Starling.Cluster.Links;

/// <summary>
/// An edge in another process, as one shard sees it (<see cref="StopAndWaitSender{T}"/> says how). Who brings QoS 0 waits for room while the edge keeps
/// answering; what finds none is dropped and counted. Who brings QoS 1 or 2 waits for room and for the edge's answer. A call is repeated for as long as the edge lives:
/// with the edge, its connections are gone and nothing is owed to them.
/// </summary>
/// <param name="outOfDate">Called when the edge has heard of another object that is the shard.</param>
public sealed class EdgeLink(
    IRemoteEdge remote, ShardFencingToken shard, Action outOfDate, TenantCounters counters, LinkOptions options, TimeProvider time, ILogger logger)
    : IEdgeDelivery
{
    /// <summary>How long QoS 0 waits for room: the edge works off 4 MiB in much less, if it is there.</summary>
    private static readonly TimeSpan RoomPatience = TimeSpan.FromSeconds(1);

    private StopAndWaitSender<EdgeOutboundItem>? _sender;
    private bool _ended;
    private bool _outOfDate;

    private StopAndWaitSender<EdgeOutboundItem> Sender => LazyInitializer.EnsureInitialized(
        ref _sender, () => new StopAndWaitSender<EdgeOutboundItem>("edge", TransferAsync, options with { Patience = TimeSpan.MaxValue }, time, logger));

    public async ValueTask DeliverAsync(string tenant, IReadOnlyList<Message> messages)
    {
        var isAwaited = false;
        for (var i = 0; i < messages.Count && !isAwaited; i++)
            isAwaited = messages[i].QoS > QualityOfService.AtMostOnce;
        if (isAwaited)
            await SendAsync(EdgeOutboundItem.Of(messages, isAwaited: true)).ConfigureAwait(false);
        else
            await OfferAsync(EdgeOutboundItem.Of(messages, isAwaited: false), messages.Count).ConfigureAwait(false);
    }

    public async ValueTask<bool> DeliverToAsync(string tenant, string clientId, long epoch, IReadOnlyList<Delivery> deliveries)
    {
        var member = new MemberDeliveries(clientId, epoch, deliveries);
        if (deliveries.Any(delivery => delivery.QoS > QualityOfService.AtMostOnce))
            return await SendAsync(EdgeOutboundItem.Of(member, isAwaited: true)).ConfigureAwait(false);
        await OfferAsync(EdgeOutboundItem.Of(member, isAwaited: false), deliveries.Count).ConfigureAwait(false);
        return true;
    }

    /// <summary>The shard ends: unlike with the edge's end, the connections are still there, and who waits must not be told that they are not.</summary>
    public void EndWithShard()
    {
        _outOfDate = true;
        End();
    }

    /// <summary>The edge is gone.</summary>
    public void End()
    {
        _ended = true;
        Sender.End(new StoreUnavailableException("Edge unavailable: it left the cluster."));
    }

    private async ValueTask OfferAsync(EdgeOutboundItem item, int messages)
    {
        if (!_ended && !await Sender.OfferAsync(item, RoomPatience).ConfigureAwait(false) && !_ended)
            counters.DroppedSlowReader.Add(messages);
    }

    /// <returns>False when the connection or the edge is gone.</returns>
    private async ValueTask<bool> SendAsync(EdgeOutboundItem item)
    {
        try
        {
            await Sender.AddAsync(item).ConfigureAwait(false);
            return await item.Reached.ConfigureAwait(false);
        }
        catch (StoreUnavailableException) when (!_outOfDate)
        {
            return false;
        }
        catch (StoreUnavailableException)
        {
            throw new StaleShardException(shard);
        }
    }

    private async ValueTask<CallResult> TransferAsync(Batch<EdgeOutboundItem> batch)
    {
        var members = batch.Items.Where(item => item.Member is not null).ToArray();
        var reply = await remote.TransferAsync(new EdgeTransfer(
            shard.Tenant,
            shard.Shard,
            shard.Epoch,
            batch.Number,
            Messages(batch),
            [.. members.Select(item => item.Member!)])).ConfigureAwait(false);
        if (reply.IsOutOfDate)
        {
            _outOfDate = true;
            outOfDate();
            End();
            return CallResult.Answered;
        }

        foreach (var index in reply.NotReached)
            members[index].Complete(reached: false);
        foreach (var item in batch.Items)
            item.Complete(reached: true);
        return CallResult.Answered;
    }

    private static IReadOnlyList<Message> Messages(Batch<EdgeOutboundItem> batch)
    {
        if (batch.Items is [var only])
            return only.Messages;
        var messages = new List<Message>(batch.Items.Sum(item => item.Messages.Count));
        foreach (var item in batch.Items)
            messages.AddRange(item.Messages);
        return messages;
    }
}
