using Starling.Broker.Cluster.Remote;
using Starling.Broker.Messages;
using Starling.Broker.Retained;
using Starling.Broker.Routing;
using Starling.Broker.Sessions;
using Starling.Protocol;

namespace Starling.Broker.Cluster.Links;

/// <summary>
/// A topic shard in another process, as an edge or a silo sees it.
/// </summary>
/// <remarks>
/// Messages and changes of the edge's routes travel together (<see cref="Courier{T}"/>), so that the shard sees them in the order in which
/// they happened here. What is particular to shards is that one may die and another object take its place, with a higher epoch:
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
///    if its session has outlived the connection. Repeats at QoS 1 are allowed.
/// 4. A shard that does not know this edge, or has missed a change of its routes, says so and carries out nothing: the transfer comes again
///    with all routes. So it does after the link has given something up, since nobody knows what of it the shard has.
/// </remarks>
public sealed class ShardLink : ITopicShard
{
    private readonly string _sender;
    private readonly bool _isEdge;
    private readonly IRemoteShard _shard;
    private readonly Func<Guid> _newCursor;
    private readonly Courier<ShardParcel> _courier;
    private readonly Repetition _repetition;
    private readonly LinkedRoutes _routes;
    private ShardTransfer? _transfer;
    private bool _isInStep;
    private long _knownEpoch;

    /// <param name="sender">What shards call this process: an edge's id, or a silo's name.</param>
    /// <param name="isEdge">Whether it has connections: routes, and messages that it delivers to them itself.</param>
    /// <param name="shard">The shard.</param>
    /// <param name="newCursor">Makes ids for retained replays.</param>
    /// <param name="options">The bounds.</param>
    /// <param name="time">The clock. Numbers begin with it, so that those of a later link of the same sender are higher.</param>
    public ShardLink(string sender, bool isEdge, IRemoteShard shard, Func<Guid> newCursor, LinkOptions options, TimeProvider time)
    {
        var first = time.GetUtcNow().ToUnixTimeMilliseconds() << 16;
        _sender = sender;
        _isEdge = isEdge;
        _shard = shard;
        _newCursor = newCursor;
        _courier = new Courier<ShardParcel>(TransferAsync, options, time, first);
        _repetition = new Repetition(options, time);
        _routes = new LinkedRoutes(first);
    }

    /// <summary>
    /// Messages of QoS 0 wait for room only, unless they are to be retained: who subscribes afterwards would find what was retained before.
    /// </summary>
    /// <exception cref="StoreUnavailableException">It is not known what became of them; they must not be acknowledged.</exception>
    public ValueTask PublishAsync(PublishBatch batch, string? origin) =>
        PublishAsync(batch, isAwaited: batch.Messages.Any(message => message.QoS > QualityOfService.AtMostOnce || message.Retain));

    /// <param name="batch">Its outcomes are filled in if they are awaited.</param>
    /// <param name="isAwaited">Whether it is done only when the shard has answered.</param>
    /// <exception cref="StoreUnavailableException">It is not known what became of them.</exception>
    public async ValueTask PublishAsync(PublishBatch batch, bool isAwaited)
    {
        var parcel = ShardParcel.Of(batch, isAwaited);
        try
        {
            await _courier.AddAsync(parcel).ConfigureAwait(false);
        }
        catch (StoreUnavailableException) when (!isAwaited)
        {
            // QoS 0: nobody is told.
            return;
        }

        await parcel.Done.ConfigureAwait(false);
    }

    /// <summary>A removal is not waited for: it reaches the shard before whatever this edge sends later.</summary>
    public ValueTask SetEdgeRouteAsync(string edgeId, string filter, bool present)
    {
        if (!present)
        {
            if (_routes.Remove(filter))
                _courier.Add(ShardParcel.OfRoutes(confirmed: null, isAwaited: false));
            return ValueTask.CompletedTask;
        }

        var linked = _routes.Add(filter);
        return linked.IsConfirmed ? ValueTask.CompletedTask : TellRoutesAsync(() => linked.IsConfirmed = true);
    }

    public ValueTask SetDurableRouteAsync(string clientId, Subscription subscription) =>
        _repetition.CallAsync(() => _shard.SetDurableRouteAsync(clientId, subscription));

    public ValueTask RemoveDurableRouteAsync(string clientId, string filter) =>
        _repetition.CallAsync(() => _shard.RemoveDurableRouteAsync(clientId, filter));

    public ValueTask JoinAsync(SharedGroupKey group, SharedMember member)
    {
        if (member.Durable)
            return _repetition.CallAsync(() => _shard.JoinAsync(group, member));
        _routes.Join(group, member);
        return TellRoutesAsync(confirmed: null);
    }

    public ValueTask LeaveAsync(SharedGroupKey group, string clientId, long epoch = long.MaxValue)
    {
        if (_isEdge)
            return _routes.Leave(group, clientId, epoch) ? TellRoutesAsync(confirmed: null) : ValueTask.CompletedTask;
        return _repetition.CallAsync(() => _shard.LeaveAsync(group, clientId));
    }

    public ValueTask<IReadOnlyList<int>> RedispatchAsync(string except, IReadOnlyList<Delivery> deliveries)
    {
        // What lies in an inbox is moved in one step; other QoS 2 messages could be given to two members by a repeat.
        var mayRepeat = deliveries.All(delivery => delivery.QoS < QualityOfService.ExactlyOnce || delivery.From is not null);
        return _repetition.CallAsync(() => _shard.RedispatchAsync(except, deliveries), isOver: () => !mayRepeat);
    }

    /// <summary>Only for a strategy of choosing: a count that is lost is not worth a repeat, which would count twice.</summary>
    public async ValueTask CompletedAsync(SharedGroupKey group, string clientId, int count)
    {
        try
        {
            await _shard.CompletedAsync(group, clientId, count).ConfigureAwait(false);
        }
        catch (RemoteCallException)
        {
        }
    }

    public async ValueTask<RetainedPage> ReadRetainedAsync(RetainedCursor cursor, int most)
    {
        var place = cursor.Place ??= new RemotePlace(_newCursor());
        var query = new RetainedQuery(cursor.Filter, place.Id, place.Page, most);
        var page = await _repetition.CallAsync(() => _shard.ReadRetainedAsync(query)).ConfigureAwait(false);
        place.Page++;
        return page;
    }

    /// <summary>A shard begins, and is told all routes.</summary>
    public EdgeRoutes Announce(long epoch)
    {
        Learn(epoch);
        return _routes.ReadAll();
    }

    /// <summary>The edge begins anew, or the tenant is gone: whatever waits here fails, whatever comes later does too.</summary>
    public void End() => _courier.End(new StoreUnavailableException("The link to the shard has ended."));

    private async ValueTask TellRoutesAsync(Action? confirmed)
    {
        var parcel = ShardParcel.OfRoutes(confirmed, isAwaited: true);
        _courier.Add(parcel);
        await parcel.Done.ConfigureAwait(false);
    }

    private void Learn(long epoch)
    {
        for (var known = Volatile.Read(ref _knownEpoch); epoch > known;)
            known = Interlocked.CompareExchange(ref _knownEpoch, epoch, known) is var seen && seen == known ? epoch : seen;
    }

    private async ValueTask<CallResult> TransferAsync(Load<ShardParcel> load)
    {
        var known = Volatile.Read(ref _knownEpoch);
        if (_transfer?.Number != load.Number)
            _transfer = new ShardTransfer(_sender, _isEdge, known, load.Number, RoutesToTell(), Messages(load));
        else if (known > _transfer.KnownEpoch)
        {
            if (load.IsInDoubt)
                LeaveOutUnrepeatable(load);
            load.IsInDoubt = false;
            _transfer = _transfer with { KnownEpoch = known, Messages = Messages(load) };
        }

        var transfer = _transfer;
        var reply = await _shard.TransferAsync(transfer).ConfigureAwait(false);
        Learn(reply.Epoch);
        switch (reply.Kind)
        {
            case ShardReplyKind.Done:
                _isInStep = true;
                Settle(load, reply);
                return CallResult.Answered;
            case ShardReplyKind.NeedsRoutes:
                _transfer = transfer with { Routes = _isEdge ? _routes.TakeAll() : null };
                return CallResult.Again;
            case ShardReplyKind.OutOfDate when reply.Epoch > transfer.KnownEpoch:
                return CallResult.Again;
            default:
                // It has found out only now, and may have carried out a part of it.
                load.IsInDoubt |= reply.Epoch == transfer.KnownEpoch;
                return CallResult.Later;
        }
    }

    /// <summary>As long as the load before was not answered, nobody knows which changes the shard has.</summary>
    private EdgeRoutes? RoutesToTell()
    {
        if (!_isEdge)
            return null;
        var routes = _isInStep ? _routes.TakeChanges() : _routes.TakeAll();
        _isInStep = false;
        return routes;
    }

    private static Message[] Messages(Load<ShardParcel> load) => [.. load.Parcels.SelectMany(parcel => parcel.Messages)];

    private static void LeaveOutUnrepeatable(Load<ShardParcel> load)
    {
        var failed = load.Parcels.Where(parcel => !parcel.IsRepeatable).ToArray();
        load.Parcels = [.. load.Parcels.Where(parcel => parcel.IsRepeatable)];
        foreach (var parcel in failed)
            parcel.Fail(new StoreUnavailableException("A shard went, and it is not known whether it has had QoS 2 messages that must not be repeated."));
    }

    private static void Settle(Load<ShardParcel> load, ShardReply reply)
    {
        var offset = 0;
        foreach (var parcel in load.Parcels)
        {
            parcel.Complete(reply, offset);
            offset += parcel.Messages.Count;
        }
    }
}
