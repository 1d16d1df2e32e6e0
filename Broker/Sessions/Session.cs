using Starling.Broker.Contracts;
using Starling.Broker.Messages;
using Starling.Broker.Threading;

namespace Starling.Broker.Sessions;

/// <summary>
/// One session, from its client's first connection until it ends.
/// </summary>
/// <remarks>
/// Two epochs. The owner's (<see cref="SessionFencingToken.Epoch"/>) says which object is the session: taking it from the store raises it, and
/// the store refuses writes with an older one. The connection's says which connection is the current one: each has a higher one than those
/// before it, and its calls name it. It outlives the object, since it is stored.
///
/// Two objects. In a cluster two objects may take themselves for one session for a while, and each call may come to either. The session
/// is the one that took it last. The other one learns so from the store, by a write that is refused, or from a call that names a
/// connection that it has not heard of. Then it invalidates what it knows, takes the session again, and carries the call out with what the
/// store has (<see cref="SessionLoader.InTurnAsync"/>). Nothing that has been answered is lost by that, since nothing is answered before it
/// is written. What is written nowhere (which connection a session has that ends with it) is only known to one of them, and to the edge,
/// which is asked before another connection gets its epoch (<see cref="ISessionEdges.EvictAsync"/>).
///
/// Whatever changes the connection or the subscriptions is done in turn; the inbox has a lock of its own and is open all the time.
///
/// The parts: <see cref="SessionOwnership"/> writes to the store, <see cref="SessionLife"/> ends connections and the session,
/// <see cref="SessionLoader"/> brings the session up from the store, <see cref="SessionTakeover"/> makes a connection the current one, and
/// <see cref="SessionMessages"/> passes messages in both directions.
/// </remarks>
public sealed class Session : ISession
{
    private readonly SessionKey _key;
    private readonly SessionContext _context;
    private readonly LoadedSession _session;
    private readonly SessionOwnership _ownership;
    private readonly SessionLife _life;
    private readonly SessionLoader _loader;
    private readonly SessionMessages _messages;

    public Session(SessionKey key, SessionContext context)
    {
        _key = key;
        _context = context;
        _session = new LoadedSession(key, context, RunDueWork);
        _ownership = new SessionOwnership(_session);
        _life = new SessionLife(_session, _ownership);
        _loader = new SessionLoader(_session, _ownership, _life);
        _messages = new SessionMessages(this, _session, _loader);
    }

    /// <summary>Whether it has nothing to remember: no connection, nothing durable, no will that waits.</summary>
    public bool IsOver => _session.IsOver;

    /// <summary>
    /// Whether this object may be released (<see cref="ReleaseAsync"/>) without ending the session, because the store has all of it. Of a
    /// session that ends with its connection only this object and the edge know.
    /// </summary>
    public bool MayBeReleased => _session.CurrentConnection is null || _session.Durable is not null;

    public async ValueTask<SessionConnected> ConnectAsync(SessionConnect connect, CancellationToken abandoned = default)
    {
        try
        {
            return await new SessionTakeover(_session, _ownership, _life, _loader, connect, abandoned).RunAsync().ConfigureAwait(false);
        }
        catch
        {
            _context.Idle(this, _key);
            throw;
        }
    }

    public async ValueTask<bool> StartAsync(long epoch, int receiveMaximum)
    {
        DurableState? started = null;
        var isCurrent = await _loader.InTurnAsync(epoch, async () =>
        {
            if (epoch != _session.ConnectionEpoch || _session.CurrentConnection is not { } connection)
                return false;
            await SaveReceiveMaximumAsync(connection, receiveMaximum).ConfigureAwait(false);
            // An edge that has just joined may not be known here.
            if (_session.Durable is not null && _context.Cluster.Edge(connection.Stored.EdgeId) is null)
                await _context.Cluster.IsAliveAsync(connection.Stored.EdgeId).ConfigureAwait(false);
            started = _session.StartInbox(connection.Stored);
            return true;
        }).ConfigureAwait(false);
        started?.Inbox.Push();
        return isCurrent;
    }

    public async ValueTask DisconnectAsync(long epoch, SessionDisconnect disconnect)
    {
        await _loader.InTurnAsync(epoch, async () =>
        {
            if (epoch != _session.ConnectionEpoch || _session.CurrentConnection is not { } connection)
                return true;
            // Whatever becomes of this call: this object does not resume that connection.
            _session.LastEnded = (connection.Stored, disconnect);
            // A session that was not to outlive its connection can't change that now ([MQTT-3.14.2-2] is the edge's to refuse).
            if (disconnect.ExpirySeconds is { } expiry && _session.Durable is not null)
                _session.ExpirySeconds = expiry;
            try
            {
                await _life.EndConnectionAsync(disconnect).ConfigureAwait(false);
            }
            catch
            {
                _session.Invalidate();
                throw;
            }

            return true;
        }).ConfigureAwait(false);
        _context.Idle(this, _key);
    }

    public async ValueTask SubscribeAsync(long epoch, IReadOnlyList<Subscription> subscriptions) => await _loader.InTurnAsync(epoch, async () =>
    {
        if (epoch != _session.ConnectionEpoch || _session.Durable is not { } durable)
            return false;
        await _context.Sessions.SetSubscriptionsAsync(durable.Inbox.Token, subscriptions, []).ConfigureAwait(false);
        foreach (var subscription in subscriptions)
        {
            durable.Subscriptions[subscription.Filter] = subscription;
            await durable.Routes.RegisterAsync(subscription, _session.CurrentConnection?.Stored, _session.ConnectionEpoch).ConfigureAwait(false);
        }

        return true;
    }).ConfigureAwait(false);

    public async ValueTask UnsubscribeAsync(long epoch, IReadOnlyList<string> filters) => await _loader.InTurnAsync(epoch, async () =>
    {
        if (epoch != _session.ConnectionEpoch || _session.Durable is not { } durable)
            return false;
        await _context.Sessions.SetSubscriptionsAsync(durable.Inbox.Token, [], filters).ConfigureAwait(false);
        foreach (var filter in filters)
        {
            // An object before this one may have removed it from the store, and not from its shards.
            if (durable.Subscriptions.Remove(filter) || _context.IsShared)
                await durable.Routes.UnregisterAsync(filter).ConfigureAwait(false);
        }

        return true;
    }).ConfigureAwait(false);

    public ValueTask EnqueueAsync(IReadOnlyList<Delivery> deliveries) => _messages.EnqueueAsync(deliveries);

    public ValueTask<InboxSummary?> ReplayAsync(string filter, IReadOnlyList<Delivery> deliveries) => _messages.ReplayAsync(filter, deliveries);

    public ValueTask AcknowledgeAsync(long epoch, IReadOnlyList<InboxAck> acks) => _messages.AcknowledgeAsync(epoch, acks);

    public ValueTask RecordReceivedAsync(long epoch, IReadOnlyList<ushort> received, IReadOnlyList<ushort> released) =>
        _messages.RecordReceivedAsync(epoch, received, released);

    public async ValueTask WakeAsync()
    {
        await _loader.WakeAsync().ConfigureAwait(false);
        _context.Idle(this, _key);
    }

    /// <summary>Releases the object of a session that <see cref="IsOver"/>: calls that still come to it are passed on to its successor.</summary>
    /// <param name="remove">Takes it out of where sessions are found. Called if nobody uses it just now.</param>
    public void TryRelease(Action remove)
    {
        if (!_session.Arrivals.TryTake())
            return;
        try
        {
            if (!_session.Turn.TryTake())
                return;
            try
            {
                if (!IsOver || _session.IsReleased)
                    return;
                _session.IsReleased = true;
                remove();
            }
            finally
            {
                _session.Turn.Release();
            }
        }
        finally
        {
            _session.Arrivals.Release();
        }
    }

    /// <summary>
    /// Releases the object of a session whose tenant is gone, without ending the session. When the tenant is back, another object takes from
    /// the store what is there.
    /// </summary>
    public async Task ReleaseForGoodAsync()
    {
        await _session.Turn.WaitAsync().ConfigureAwait(false);
        try
        {
            _session.Unload();
            _session.IsReleased = true;
        }
        finally
        {
            _session.Turn.Release();
        }
    }

    /// <summary>
    /// Releases the object without ending the session, or its connection if it has one: the next object takes both from the store. Should
    /// this one be called again, it is the next. See <see cref="MayBeReleased"/> for what is lost if it may not.
    /// </summary>
    public async Task ReleaseAsync()
    {
        bool isNeeded;
        await _session.Turn.WaitAsync().ConfigureAwait(false);
        try
        {
            await _ownership.Saving.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            isNeeded = _session.NeedsReload || _session.Durable?.Inbox.IsAboutToPush == true;
            _session.UnloadForNow();
        }
        finally
        {
            _session.Turn.Release();
        }

        if (isNeeded)
            Background.Run(WakeNextOwnerAsync(), _context.Logger, "Wake of a session");
    }

    /// <summary>Nobody else may come to ask for the session: its client waits for entries that it does not know of.</summary>
    private async Task WakeNextOwnerAsync()
    {
        try
        {
            await _context.Cluster.Session(_key.Tenant, _key.ClientId).WakeAsync().ConfigureAwait(false);
        }
        catch (Exception error)
        {
            SessionLog.NextOwnerNotWoken(_context.Logger, _key.Tenant, _key.ClientId, error);
        }
    }

    /// <summary>
    /// Another object pushes to the connection only once it is written that it takes entries: what came earlier would be lost, and passed
    /// over when it comes again behind a later entry.
    /// </summary>
    private async ValueTask SaveReceiveMaximumAsync(CurrentConnection connection, int receiveMaximum)
    {
        var before = connection.Stored;
        if (before.ReceiveMaximum == receiveMaximum)
            return;
        connection.Stored = before with { ReceiveMaximum = receiveMaximum };
        if (!_context.IsShared || _session.Durable is null)
            return;
        try
        {
            await _ownership.SaveAsync().ConfigureAwait(false);
        }
        catch
        {
            connection.Stored = before;
            throw;
        }
    }

    private void RunDueWork() => Background.Run(RunDueWorkAsync(), _context.Logger, "Due work of a session");

    private async Task RunDueWorkAsync()
    {
        try
        {
            await WakeAsync().ConfigureAwait(false);
        }
        catch (Exception error)
        {
            SessionLog.NotSaved(_session, error);
            if (_session.NeedsReload)
                _session.ReloadLater();
        }
    }
}
