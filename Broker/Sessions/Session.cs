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
/// Whatever changes the owner or the subscriptions takes its turn; the inbox has a lock of its own and is open all the time.
/// </remarks>
public sealed partial class Session : ISession, IDisposable
{
    private static readonly TimeSpan CloseWait = TimeSpan.FromSeconds(5);

    private readonly SessionKey _key;
    private readonly SessionContext _context;
    private readonly Inbox _inbox;
    private readonly SemaphoreSlim _turn = new(1, 1);
    private readonly Dictionary<string, Subscription> _subscriptions = new(StringComparer.Ordinal);
    private readonly HashSet<ushort> _received = [];
    private readonly SessionRoutes _routes;
    private readonly PendingWill _will;
    private Owner? _owner;
    private bool _loaded;
    private bool _retired;
    private bool _durable;
    private uint _expirySeconds;
    private long _epoch;
    private IDisposable? _expiry;

    public Session(SessionKey key, SessionContext context)
    {
        _key = key;
        _context = context;
        _inbox = new Inbox(key, context.Tenant, context.Inboxes, context.Time, context.Counters);
        _routes = new SessionRoutes(key, context, _inbox);
        _will = new PendingWill(key.Tenant, context);
    }

    /// <summary>Whether it has nothing to remember: no connection, nothing durable, no will that waits.</summary>
    public bool IsOver => _owner is null && !_durable && !_will.IsWaiting;

    public async ValueTask<SessionConnected> ConnectAsync(SessionConnect connect)
    {
        await _turn.WaitAsync().ConfigureAwait(false);
        try
        {
            if (_retired)
                return await _context.Cluster.Session(_key.Tenant, _key.ClientId).ConnectAsync(connect).ConfigureAwait(false);
            await LoadAsync().ConfigureAwait(false);
            if (_owner is { } older)
            {
                if (older.Address is { } before && connect.Address is { } now
                    && _context.Collisions.Observe(_context.Tenant, _key.ClientId, before, now) == TakeoverVerdict.KeepOlder)
                    return Refused(ClientIdCollisions.RefusalReason);
                await TakeOverAsync(older).ConfigureAwait(false);
            }

            _expiry?.Dispose();
            if (connect.CleanStart && _durable)
                await DiscardAsync().ConfigureAwait(false);
            var present = _durable;
            _will.ConnectionIsBack();

            _epoch = Math.Max(_epoch + 1, _context.Due.Now);
            _owner = new Owner(connect.EdgeId, connect.Address);
            _expirySeconds = connect.ExpirySeconds;
            SetDurable(present || _expirySeconds > 0);
            _will.Set(connect.Will);
            _inbox.SetEpoch(_epoch);
            if (_durable)
                await SaveAsync(expiresAt: null).ConfigureAwait(false);
            foreach (var subscription in _subscriptions.Values)
                await _routes.RegisterAsync(subscription, _owner?.EdgeId).ConfigureAwait(false);
            return new SessionConnected(ReasonCode.Success, present, _durable, _epoch, [.. _subscriptions.Values], [.. _received]);
        }
        finally
        {
            _turn.Release();
        }
    }

    public async ValueTask<bool> StartAsync(long epoch, int receiveMaximum)
    {
        await _turn.WaitAsync().ConfigureAwait(false);
        try
        {
            if (epoch != _epoch || _owner is not { } owner)
                return false;
            if (!_durable || _context.Cluster.Edge(owner.EdgeId) is not { } edge)
                return true;
            _inbox.Start(edge, receiveMaximum);
        }
        finally
        {
            _turn.Release();
        }

        await _inbox.PushAsync().ConfigureAwait(false);
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
            if (disconnect.ExpirySeconds is { } expiry && _durable)
                _expirySeconds = expiry;
            await EndConnectionAsync(disconnect).ConfigureAwait(false);
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
            if (epoch != _epoch || !_durable)
                return;
            await _context.Sessions.SetSubscriptionsAsync(_key, _epoch, subscriptions, []).ConfigureAwait(false);
            foreach (var subscription in subscriptions)
            {
                _subscriptions[subscription.Filter] = subscription;
                await _routes.RegisterAsync(subscription, _owner?.EdgeId).ConfigureAwait(false);
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
            if (epoch != _epoch || !_durable)
                return;
            await _context.Sessions.SetSubscriptionsAsync(_key, _epoch, [], filters).ConfigureAwait(false);
            foreach (var filter in filters)
            {
                if (_subscriptions.Remove(filter))
                    await _routes.UnregisterAsync(filter).ConfigureAwait(false);
            }
        }
        finally
        {
            _turn.Release();
        }
    }

    public async ValueTask EnqueueAsync(IReadOnlyList<Delivery> deliveries)
    {
        if (!_loaded)
        {
            await _turn.WaitAsync().ConfigureAwait(false);
            try
            {
                await LoadAsync().ConfigureAwait(false);
            }
            finally
            {
                _turn.Release();
            }
        }

        if (_durable)
            await _inbox.EnqueueAsync(deliveries).ConfigureAwait(false);
    }

    public async ValueTask<InboxSummary?> ReplayAsync(string filter, IReadOnlyList<Delivery> deliveries)
    {
        await _turn.WaitAsync().ConfigureAwait(false);
        try
        {
            if (!_subscriptions.ContainsKey(filter))
                return null;
            if (deliveries.Count > 0)
                await _inbox.EnqueueAsync(deliveries).ConfigureAwait(false);
            return _inbox.Summary;
        }
        finally
        {
            _turn.Release();
        }
    }

    public ValueTask AcknowledgeAsync(long epoch, IReadOnlyList<InboxAck> acks) =>
        epoch == _epoch ? _inbox.AcknowledgeAsync(acks) : ValueTask.CompletedTask;

    public async ValueTask RecordReceivedAsync(long epoch, IReadOnlyList<ushort> received, IReadOnlyList<ushort> released)
    {
        if (epoch != _epoch || !_durable)
            return;
        ValueTask write;
        lock (_received)
        {
            _received.UnionWith(received);
            _received.ExceptWith(released);
            write = _context.Sessions.SetReceivedAsync(_key, _epoch, received, released);
        }

        await write.ConfigureAwait(false);
    }

    /// <summary>Lets go of a session that <see cref="IsOver"/>: whoever still holds it is sent on to a new one.</summary>
    /// <param name="forget">Takes it out of where sessions are found.</param>
    public void TryRetire(Action forget)
    {
        if (!_turn.Wait(0))
            return;
        try
        {
            if (!IsOver || _retired)
                return;
            _retired = true;
            forget();
        }
        finally
        {
            _turn.Release();
        }
    }

    public void Dispose()
    {
        _expiry?.Dispose();
        _turn.Dispose();
    }

    private static SessionConnected Refused(ReasonCode reason) => new(reason, SessionPresent: false, Durable: false, Epoch: 0, [], []);

    private async ValueTask LoadAsync()
    {
        if (_loaded)
            return;
        if (await _context.Sessions.LoadAsync(_key).ConfigureAwait(false) is { } stored)
        {
            (_epoch, _expirySeconds) = (stored.Epoch, stored.ExpirySeconds);
            SetDurable(true);
            foreach (var subscription in stored.Subscriptions)
                _subscriptions[subscription.Filter] = subscription;
            _received.UnionWith(stored.Received);
            _inbox.Reset(stored.Inbox, _epoch);
            if (stored.ExpiresAt is { } due)
                ExpireAt(due);
        }

        _loaded = true;
    }

    private async ValueTask TakeOverAsync(Owner older)
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

        // The old connection did not say goodbye. Which entries it sent is not known here: all that were pushed may have been.
        await EndConnectionAsync(new SessionDisconnect(PublishWill: true, SentBelow: long.MaxValue)).ConfigureAwait(false);
    }

    /// <summary>There is no connection any more; the session goes on or ends.</summary>
    private async ValueTask EndConnectionAsync(SessionDisconnect disconnect)
    {
        _owner = null;
        _inbox.Stop(disconnect.SentBelow);
        var ends = _expirySeconds == 0;
        if (!disconnect.PublishWill)
            _will.Cancel();
        else if (!ends)
            _will.ConnectionLost(_expirySeconds);
        else
            _will.SessionEnded();

        if (ends)
        {
            if (_durable)
                await DiscardAsync().ConfigureAwait(false);
            return;
        }

        var expiresAt = _expirySeconds == uint.MaxValue ? (long?)null : _context.Due.Now + (_expirySeconds * 1000L);
        await SaveAsync(expiresAt).ConfigureAwait(false);
        if (expiresAt is { } due)
            ExpireAt(due);
        // Members of shared subscriptions that are away get messages only when no other member is there.
        foreach (var subscription in _subscriptions.Values.Where(s => TopicFilters.IsShared(s.Filter)))
            await _routes.RegisterAsync(subscription, edgeId: null).ConfigureAwait(false);
        await _routes.HandOverAsync(_subscriptions.Values).ConfigureAwait(false);
    }

    private async ValueTask DiscardAsync()
    {
        _will.SessionEnded();
        foreach (var filter in _subscriptions.Keys)
            await _routes.UnregisterAsync(filter).ConfigureAwait(false);
        await _routes.HandOverAsync(_subscriptions.Values).ConfigureAwait(false);
        _subscriptions.Clear();
        _received.Clear();
        _inbox.Reset(default, _epoch);
        SetDurable(false);
        await _context.Sessions.DeleteAsync(_key, _epoch).ConfigureAwait(false);
    }

    private void SetDurable(bool durable)
    {
        if (durable != _durable)
            _context.Counters.SessionsDurable.Add(durable ? 1 : -1);
        _durable = durable;
    }

    private ValueTask SaveAsync(long? expiresAt) => _context.Sessions.SaveAsync(
        _key,
        new StoredSession(
            _epoch,
            _expirySeconds,
            expiresAt,
            [.. _subscriptions.Values],
            [.. _received],
            _will.Current,
            _will.DueAt,
            _inbox.Summary));

    private void ExpireAt(long due)
    {
        _expiry?.Dispose();
        _expiry = _context.Due.Schedule(due, () => _ = ExpireAsync());
    }

    private async Task ExpireAsync()
    {
        await _turn.WaitAsync().ConfigureAwait(false);
        try
        {
            if (_owner is not null || !_durable)
                return;
            _context.Counters.SessionsExpired.Increment();
            await DiscardAsync().ConfigureAwait(false);
        }
        catch (Exception error)
        {
            Log.ExpiryFailed(_context.Logger, _key.Tenant, _key.ClientId, error);
        }
        finally
        {
            _turn.Release();
        }

        _context.Idle(this, _key);
    }

    private sealed record Owner(string EdgeId, IPAddress? Address);
}
