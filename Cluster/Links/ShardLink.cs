using Microsoft.Extensions.Logging;
using Starling.Broker.Contracts;
using Starling.Broker.Messages;
using Starling.Cluster.Contracts;
using Starling.Cluster.Serialization;
using Starling.Protocol;

namespace Starling.Cluster.Links;

/// <summary>
/// A topic shard in another process, as an edge or a silo sees it.
/// </summary>
/// <remarks>
/// An edge has two lanes to a shard, each a <see cref="StopAndWaitSender{T}"/> of its own. What may have to wait for a store has the one, so that a
/// store which is away does not hold up the other: messages of QoS 0, and the edge's routes. Order is kept where it has to be, for one
/// publisher, topic and QoS:
///
/// - A batch of QoS 0 without retained messages goes directly. Any other batch goes as a whole by the stored lane, and its connection, which
///   waits for the answer, publishes nothing meanwhile that could overtake it.
/// - If there is QoS 0 in such a batch, it waits until the direct lane has carried what was put there before.
/// - Changes of routes go directly. Whoever subscribes waits until the shard has confirmed, so what is published after that, in either lane,
///   finds the route. A removal that comes a little before or behind messages of the other lane does no harm: the edge that removed it
///   looks at its subscriptions once more, and does not get its own messages back at all.
///
/// A silo has no connections, and only the stored lane.
///
/// What is particular to shards is that one may die and another object take its place, with a higher epoch:
///
/// 1. Each transfer names the highest epoch that this link has heard of, from the shard's answers or because the shard announced itself.
///    A shard carries out only transfers that name its own epoch. It refuses others: with a higher epoch the shard itself is out of date; with
///    a lower one the sender learns the epoch from the refusal and sends again. So a copy of a transfer that comes late can't reach a
///    successor, who would not know it for a copy.
/// 2. While the outcome of a transfer is not known, it is repeated unchanged, epoch included: only the shard that may have carried it out can
///    take it, and that one remembers.
/// 3. When a successor is heard of meanwhile, nobody can say any more what became of the transfer. Then it goes to the successor as a new
///    one, without QoS 2 messages: what the shard before may still have under way could come to an inbox behind the successor's. They fail,
///    and so does their publisher's connection, which nothing was acknowledged to. Its next one repeats them, and inboxes know those repeats
///    if its session has outlived the connection. QoS 0 stays behind, too, and is lost. Repeats at QoS 1 are allowed.
/// 4. A shard that does not know this edge, or has missed a change of its routes, says so and carries out nothing: the transfer comes again
///    with all routes. So it does after the link has given something up, since nobody knows what of it the shard has.
/// </remarks>
public sealed class ShardLink : ITopicShard
{
    private readonly bool _isEdge;
    private readonly IRemoteShard _shard;
    private readonly Func<Guid> _newCursor;
    private readonly LinkLane _direct;
    private readonly LinkLane _stored;
    private readonly RetryPolicy _retry;
    private readonly LinkedRoutes _routes;
    private readonly KnownEpoch _epoch = new();

    /// <param name="sender">What shards call this process: an edge's id, or a silo's name.</param>
    /// <param name="isEdge">Whether it has connections: routes, and messages that it delivers to them itself.</param>
    /// <param name="newCursor">Makes ids for retained replays.</param>
    /// <param name="time">Numbers begin with it, so that those of a later link of the same sender are higher.</param>
    public ShardLink(string sender, bool isEdge, IRemoteShard shard, Func<Guid> newCursor, LinkOptions options, TimeProvider time, ILogger logger)
    {
        var first = time.GetUtcNow().ToUnixTimeMilliseconds() << 16;
        _isEdge = isEdge;
        _shard = shard;
        _newCursor = newCursor;
        _retry = new RetryPolicy(options, time);
        _routes = new LinkedRoutes(first);
        var ends = new LinkEnds(sender, isEdge, shard, _routes, _epoch);
        _direct = new LinkLane(ShardLane.Direct, ends, options, time, logger, first);
        _stored = new LinkLane(ShardLane.Stored, ends, options, time, logger, first);
    }

    /// <summary>
    /// Messages of QoS 0 wait for room only, unless they are to be retained: who subscribes afterwards would find what was retained before.
    /// </summary>
    /// <exception cref="StoreUnavailableException">It is not known what became of them; they must not be acknowledged.</exception>
    public ValueTask PublishAsync(PublishBatch batch, string? origin) => PublishAsync(batch, isAwaited: batch.Any(MayNeedStore));

    /// <param name="batch">Its outcomes are filled in if they are awaited.</param>
    /// <param name="isAwaited">Whether it is done only when the shard has answered.</param>
    /// <exception cref="StoreUnavailableException">It is not known what became of them.</exception>
    public async ValueTask PublishAsync(PublishBatch batch, bool isAwaited)
    {
        var lane = _isEdge && !batch.Any(MayNeedStore) ? _direct : _stored;
        if (lane == _stored && batch.Any(static message => message.QoS == QualityOfService.AtMostOnce))
            await _direct.PassAsync().ConfigureAwait(false);
        var item = ShardOutboundItem.Of(batch, isAwaited);
        try
        {
            await lane.AddAsync(item).ConfigureAwait(false);
        }
        catch (StoreUnavailableException) when (!isAwaited)
        {
            // QoS 0: nobody is told.
            return;
        }

        await item.Done.ConfigureAwait(false);
    }

    /// <summary>A removal is not waited for: it reaches the shard before whatever this edge sends later.</summary>
    public ValueTask SetEdgeRouteAsync(string edgeId, string filter, bool present)
    {
        if (!present)
        {
            if (_routes.Remove(filter))
                _direct.Add(ShardOutboundItem.OfRoutes(confirmed: null, isAwaited: false));
            return ValueTask.CompletedTask;
        }

        var linked = _routes.Add(filter);
        return linked.IsConfirmed ? ValueTask.CompletedTask : TellRoutesAsync(() => linked.IsConfirmed = true);
    }

    public ValueTask SetDurableRouteAsync(string clientId, Subscription subscription) =>
        _retry.CallAsync(() => _shard.SetDurableRouteAsync(clientId, subscription));

    public ValueTask RemoveDurableRouteAsync(string clientId, string filter) =>
        _retry.CallAsync(() => _shard.RemoveDurableRouteAsync(clientId, filter));

    public ValueTask JoinAsync(SharedGroupKey group, SharedMember member)
    {
        if (member.Durable)
            return _retry.CallAsync(() => _shard.JoinAsync(group, member));
        _routes.Join(group, member);
        return TellRoutesAsync(confirmed: null);
    }

    public ValueTask LeaveAsync(SharedGroupKey group, string clientId, long epoch = long.MaxValue)
    {
        if (_isEdge)
            return _routes.Leave(group, clientId, epoch) ? TellRoutesAsync(confirmed: null) : ValueTask.CompletedTask;
        return _retry.CallAsync(() => _shard.LeaveAsync(group, clientId));
    }

    public ValueTask<IReadOnlyList<int>> RedispatchAsync(string except, IReadOnlyList<Delivery> deliveries)
    {
        // What lies in an inbox is moved in one step; other QoS 2 messages could be given to two members by a repeat.
        var mayRepeat = deliveries.All(delivery => delivery.QoS < QualityOfService.ExactlyOnce || delivery.From is not null);
        var list = DeliveryList.Of(deliveries);
        return _retry.CallAsync(() => _shard.RedispatchAsync(except, list), isOver: () => !mayRepeat);
    }

    /// <summary>Only for a strategy of choosing: a count that is lost is not worth a repeat, which would count twice.</summary>
    public async ValueTask CompletedAsync(SharedGroupKey group, string clientId, int count)
    {
        try
        {
            await _shard.CompletedAsync(group, clientId, count).ConfigureAwait(false);
        }
        catch (Exception error) when (!CallAnswers.IsAnswer(error))
        {
            // The other side has logged what it did not expect.
        }
    }

    public async ValueTask<RetainedPage> ReadRetainedAsync(RetainedCursor cursor, int most)
    {
        var place = (RemotePlace)(cursor.Position ??= new RemotePlace(_newCursor()));
        var query = new RetainedQuery(cursor.Filter, place.Id, place.Page, most);
        var page = await _retry.CallAsync(() => _shard.ReadRetainedAsync(query)).ConfigureAwait(false);
        place.Page++;
        return page;
    }

    /// <summary>A shard begins, and is told all routes.</summary>
    public EdgeRoutes Announce(long epoch)
    {
        _epoch.Learn(epoch);
        return _routes.ReadAll();
    }

    /// <summary>The edge begins anew, or the tenant is gone: whatever waits here fails, whatever comes later does too.</summary>
    public void End()
    {
        var reason = new StoreUnavailableException("Shard unavailable: the link to it was closed.");
        _direct.End(reason);
        _stored.End(reason);
    }

    private static bool MayNeedStore(Message message) => message.QoS > QualityOfService.AtMostOnce || message.Retain;

    private async ValueTask TellRoutesAsync(Action? confirmed)
    {
        var item = ShardOutboundItem.OfRoutes(confirmed, isAwaited: true);
        _direct.Add(item);
        await item.Done.ConfigureAwait(false);
    }

    /// <param name="id">The shard knows the replay by it.</param>
    private sealed class RemotePlace(Guid id)
    {
        public Guid Id => id;

        /// <summary>The page to ask for next; counts from 0.</summary>
        public int Page { get; set; }
    }
}
