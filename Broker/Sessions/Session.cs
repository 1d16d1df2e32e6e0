using System.Net;
using Starling.Broker.Messages;
using Starling.Broker.Tenants.Collisions;
using Starling.Protocol;

namespace Starling.Broker.Sessions;

/// <summary>
/// One session, from its client's first connection until it ends.
/// </summary>
/// <remarks>
/// Takeover ([MQTT-3.1.4-3]): a connection that arrives while another one owns the session
/// 1. asks the older connection's edge to close it with 0x8E and waits for at most <see cref="CloseWait"/>;
/// 2. ends the older connection here: its will is published or its delay begins, what it did not acknowledge goes back in line;
/// 3. raises the epoch and writes it to the store, which from then on refuses writes with an older one.
/// If the old edge does not answer, 2 and 3 happen all the same: its connection can do no more harm, since every call that it makes
/// carries the old epoch and does nothing here, and every write of another activation of this session is refused by the store.
///
/// Connections arrive one at a time, and while step 1 waits nobody has the turn: the older connection may be in the middle of a call
/// that needs it (SUBSCRIBE, its own start or end), and can't end before that is through.
///
/// Whatever changes the owner or the subscriptions takes its turn; the inbox has a lock of its own and is open all the time.
/// </remarks>
public sealed partial class Session : ISession
{
    private static readonly TimeSpan CloseWait = TimeSpan.FromSeconds(5);

    private readonly SessionKey _key;
    private readonly SessionContext _context;
    private readonly Turn _arrival = new();
    private readonly Turn _turn = new();
    private volatile DurableState? _durable;
    private PendingWill? _will;
    private Owner? _owner;
    private bool _loaded;
    private bool _unsettled;
    private bool _retired;
    private volatile bool _isWithoutInbox;
    private uint _expirySeconds;
    private long _epoch;
    private long _storedEpoch;
    private long? _expiresAt;
    private IDisposable? _expiry;
    private IDisposable? _wake;

    public Session(SessionKey key, SessionContext context)
    {
        _key = key;
        _context = context;
    }

    /// <summary>Whether it has nothing to remember: no connection, nothing durable, no will that waits.</summary>
    public bool IsOver => _owner is null && _durable is null && !_unsettled && _will is not { IsWaiting: true };

    public async ValueTask<SessionConnected> ConnectAsync(SessionConnect connect, CancellationToken abandoned = default)
    {
        try
        {
            return await ArriveAsync(connect, abandoned).ConfigureAwait(false);
        }
        catch
        {
            _context.Idle(this, _key);
            throw;
        }
    }

    private async ValueTask<SessionConnected> ArriveAsync(SessionConnect connect, CancellationToken abandoned)
    {
        await _arrival.WaitOrLeaveAsync(abandoned).ConfigureAwait(false);
        try
        {
            if (_retired)
                return await _context.Cluster.Session(_key.Tenant, _key.ClientId).ConnectAsync(connect, abandoned).ConfigureAwait(false);
            if (await OwnerAsync(abandoned).ConfigureAwait(false) is { } older)
            {
                if (older.Address is { } before && connect.Address is { } now
                    && _context.Collisions.Observe(_context.Tenant, _key.ClientId, before, now) == TakeoverVerdict.KeepOlder)
                    return Refused(ClientIdCollisions.RefusalReason);
                await CloseAsync(older).ConfigureAwait(false);
            }

            return await OwnAsync(connect, abandoned).ConfigureAwait(false);
        }
        finally
        {
            _arrival.Release();
        }
    }

    private async ValueTask<Owner?> OwnerAsync(CancellationToken abandoned)
    {
        await _turn.WaitOrLeaveAsync(abandoned).ConfigureAwait(false);
        try
        {
            await LoadAsync().ConfigureAwait(false);
            abandoned.ThrowIfCancellationRequested();
            return _owner;
        }
        finally
        {
            _turn.Release();
        }
    }

    private async ValueTask<SessionConnected> OwnAsync(SessionConnect connect, CancellationToken abandoned)
    {
        await _turn.WaitOrLeaveAsync(abandoned).ConfigureAwait(false);
        try
        {
            // The end of the older connection may have failed at the store, and what was known here been forgotten.
            await LoadAsync().ConfigureAwait(false);
            // An older connection that has not ended itself did not say goodbye. Which entries it sent is not known here: all that were
            // pushed may have been.
            if (_owner is not null)
                await EndConnectionAsync(new SessionDisconnect(PublishWill: true, SentBelow: long.MaxValue)).ConfigureAwait(false);
            if (connect.CleanStart)
                await DiscardAsync().ConfigureAwait(false);
            var present = _durable is not null;
            var before = (Will: _will, ExpirySeconds: _expirySeconds, ExpiresAt: _expiresAt);
            _expiry?.Dispose();
            _expiresAt = null;

            var epoch = Math.Max(_epoch + 1, _context.Due.Now);
            _epoch = epoch;
            _owner = new Owner(connect.EdgeId, connect.Address);
            _expirySeconds = connect.ExpirySeconds;
            _will = connect.Will is { } will ? new PendingWill(will, _key.Tenant, _context, WillPublishedAsync) : null;
            if (!present && _expirySeconds == 0)
            {
                before.Will?.Cancel();
                // Its will must outlive the process; whoever connects does not wait for that.
                if (_will is not null)
                    InBackground(SaveAsync());
                return new SessionConnected(ReasonCode.Success, SessionPresent: false, Durable: false, epoch, SessionId: 0, [], []);
            }

            var durable = _durable ?? new DurableState(_key, _context);
            var hold = durable.Inbox.Hold = await durable.Inbox.RaiseEpochAsync(epoch, SaveAsync).ConfigureAwait(false);
            if (abandoned.IsCancellationRequested)
            {
                // Saving took longer than the client was let wait.
                _owner = null;
                _will?.Cancel();
                (_will, _expirySeconds, _expiresAt) = before;
                if (present)
                    await SettleAsync().ConfigureAwait(false);
                else
                    await DiscardAsync().ConfigureAwait(false);
                abandoned.ThrowIfCancellationRequested();
            }

            before.Will?.Cancel();
            if (!present)
                BecomeDurable(durable);
            foreach (var subscription in durable.Subscriptions.Values)
                await durable.Routes.RegisterAsync(subscription, _owner?.EdgeId).ConfigureAwait(false);
            return new SessionConnected(
                ReasonCode.Success, present, Durable: true, epoch, hold.Id, [.. durable.Subscriptions.Values], [.. durable.Received]);
        }
        catch
        {
            // There will be no connection.
            Forget();
            throw;
        }
        finally
        {
            _turn.Release();
        }
    }

    public async ValueTask<bool> StartAsync(long epoch, int receiveMaximum)
    {
        DurableState? durable;
        await _turn.WaitAsync().ConfigureAwait(false);
        try
        {
            if (epoch != _epoch || _owner is not { } owner)
                return false;
            durable = _durable;
            if (durable is null || _context.Cluster.Edge(owner.EdgeId) is not { } edge)
                return true;
            durable.Inbox.Start(edge, receiveMaximum);
        }
        finally
        {
            _turn.Release();
        }

        durable.Inbox.Push();
        return true;
    }

    public async ValueTask DisconnectAsync(long epoch, SessionDisconnect disconnect)
    {
        await _turn.WaitAsync().ConfigureAwait(false);
        try
        {
            if (epoch != _epoch || _owner is null)
                return;
            // A session that was not to outlive its connection can't change that now ([MQTT-3.14.2-2] is the edge's to refuse).
            if (disconnect.ExpirySeconds is { } expiry && _durable is not null)
                _expirySeconds = expiry;
            await EndConnectionAsync(disconnect).ConfigureAwait(false);
        }
        catch
        {
            Forget();
            throw;
        }
        finally
        {
            _turn.Release();
        }

        _context.Idle(this, _key);
    }

    public async ValueTask SubscribeAsync(long epoch, IReadOnlyList<Subscription> subscriptions)
    {
        await _turn.WaitAsync().ConfigureAwait(false);
        try
        {
            if (epoch != _epoch || _durable is not { } durable)
                return;
            await _context.Sessions.SetSubscriptionsAsync(durable.Inbox.Hold, subscriptions, []).ConfigureAwait(false);
            foreach (var subscription in subscriptions)
            {
                durable.Subscriptions[subscription.Filter] = subscription;
                await durable.Routes.RegisterAsync(subscription, _owner?.EdgeId).ConfigureAwait(false);
            }
        }
        finally
        {
            _turn.Release();
        }
    }

    public async ValueTask UnsubscribeAsync(long epoch, IReadOnlyList<string> filters)
    {
        await _turn.WaitAsync().ConfigureAwait(false);
        try
        {
            if (epoch != _epoch || _durable is not { } durable)
                return;
            await _context.Sessions.SetSubscriptionsAsync(durable.Inbox.Hold, [], filters).ConfigureAwait(false);
            foreach (var filter in filters)
            {
                if (durable.Subscriptions.Remove(filter))
                    await durable.Routes.UnregisterAsync(filter).ConfigureAwait(false);
            }
        }
        finally
        {
            _turn.Release();
        }
    }

    public async ValueTask EnqueueAsync(IReadOnlyList<Delivery> deliveries)
    {
        if (_durable is { } durable && await durable.Inbox.EnqueueAsync(deliveries).ConfigureAwait(false))
            return;
        // Not asked within the turn: a session that publishes its will holds it, and the will may come back to it.
        if (_isWithoutInbox)
            return;
        while (await LoadedAsync().ConfigureAwait(false) is { } loaded)
        {
            if (await loaded.Inbox.EnqueueAsync(deliveries).ConfigureAwait(false))
                return;
        }

        if (_retired)
            await _context.Cluster.Session(_key.Tenant, _key.ClientId).EnqueueAsync(deliveries).ConfigureAwait(false);
        else
            _context.Idle(this, _key);
    }

    public async ValueTask<InboxSummary?> ReplayAsync(string filter, IReadOnlyList<Delivery> deliveries)
    {
        await _turn.WaitAsync().ConfigureAwait(false);
        try
        {
            if (_durable is not { } durable || !durable.Subscriptions.ContainsKey(filter))
                return null;
            if (deliveries.Count > 0)
                await durable.Inbox.EnqueueAsync(deliveries).ConfigureAwait(false);
            return durable.Inbox.Summary;
        }
        finally
        {
            _turn.Release();
        }
    }

    public ValueTask AcknowledgeAsync(long epoch, IReadOnlyList<InboxAck> acks)
    {
        if (epoch != _epoch)
            return acks.Any(ack => ack.Received) ? throw new StaleEpochException(_key, epoch) : ValueTask.CompletedTask;
        return _durable is { } durable ? durable.Inbox.AcknowledgeAsync(acks) : ValueTask.CompletedTask;
    }

    public async ValueTask RecordReceivedAsync(long epoch, IReadOnlyList<ushort> received, IReadOnlyList<ushort> released)
    {
        if (epoch != _epoch)
            throw new StaleEpochException(_key, epoch);
        if (_durable is not { } durable)
            return;
        ValueTask write;
        lock (durable.Received)
        {
            durable.Received.UnionWith(received);
            durable.Received.ExceptWith(released);
            write = _context.Sessions.SetReceivedAsync(durable.Inbox.Hold, received, released);
        }

        await write.ConfigureAwait(false);
    }

    private static SessionConnected Refused(ReasonCode reason) => new(reason, SessionPresent: false, Durable: false, Epoch: 0, SessionId: 0, [], []);

    private async ValueTask CloseAsync(Owner older)
    {
        _context.Counters.SessionsTakenOver.Increment();
        Log.TakenOver(_context.Logger, _key.Tenant, _key.ClientId, _epoch);
        if (_context.Cluster.Edge(older.EdgeId) is { } edge)
        {
            try
            {
                await edge.CloseAsync(_key.Tenant, _key.ClientId, _epoch, ReasonCode.SessionTakenOver)
                    .AsTask().WaitAsync(CloseWait, _context.Time).ConfigureAwait(false);
            }
            catch (Exception error)
            {
                Log.TakeoverUnanswered(_context.Logger, _key.Tenant, _key.ClientId, older.EdgeId, error);
            }
        }
    }

    /// <summary>There is no connection any more; the session goes on or ends.</summary>
    private async ValueTask EndConnectionAsync(SessionDisconnect disconnect)
    {
        _owner = null;
        var durable = _durable;
        durable?.Inbox.Stop(disconnect.SentBelow);
        var ends = _expirySeconds == 0;
        if (!disconnect.PublishWill)
            _will?.Cancel();
        else if (!ends && _will is not null)
            await _will.ConnectionLostAsync(_expirySeconds).ConfigureAwait(false);

        if (ends || durable is null)
        {
            await DiscardAsync().ConfigureAwait(false);
            return;
        }

        _expiresAt = _expirySeconds == uint.MaxValue ? null : _context.Due.Now + (_expirySeconds * 1000L);
        await SettleAsync().ConfigureAwait(false);
        if (_expiresAt is { } due)
            ExpireAt(due);
        // Members of shared subscriptions that are away get messages only when no other member is there.
        foreach (var subscription in durable.Subscriptions.Values.Where(s => TopicFilters.IsShared(s.Filter)))
            await durable.Routes.RegisterAsync(subscription, edgeId: null).ConfigureAwait(false);
        await durable.Routes.HandOverAsync(durable.Subscriptions.Values).ConfigureAwait(false);
    }

    /// <summary>From now on messages may come for it: it is ready to take them.</summary>
    private void BecomeDurable(DurableState durable)
    {
        _context.Counters.SessionsDurable.Increment();
        _isWithoutInbox = false;
        _durable = durable;
    }

    private sealed record Owner(string EdgeId, IPAddress? Address);
}
