using System.Net;
using Starling.Broker.Contracts;
using Starling.Broker.Messages;
using Starling.Broker.Threading;

namespace Starling.Broker.Sessions;

/// <summary>
/// One session, from its client's first connection until it ends.
/// </summary>
/// <remarks>
/// Two epochs. The owner's (<see cref="SessionFencingToken.Epoch"/>) says which object is the session: taking it from the store raises it, and
/// the store refuses writes with an older one. The connection's says which connection owns the session: each has a higher one than those
/// before it, its calls name it, and it outlives the object, since it is stored.
///
/// Two objects. In a cluster two objects may take themselves for one session for a while, and each call may come to either. The session
/// is the one that took it last. The other one learns so from the store, by a write that is refused, or from a call that names a
/// connection that it has not heard of. Then it forgets what it knows, takes the session again, and carries the call out with what the
/// store has (<see cref="OwnedAsync"/>). Nothing that has been answered is lost by that, since nothing is answered before it is written.
/// What is written nowhere (who is the connection of a session that ends with it) is only known to one of them, and to the edge, which
/// is asked before another connection gets its epoch (<see cref="ICluster.EvictAsync"/>).
///
/// Whatever changes the owner or the subscriptions takes its turn; the inbox has a lock of its own and is open all the time.
/// </remarks>
public sealed partial class Session : ISession
{
    /// <summary>How often a call is carried out again because another object has had the session meanwhile.</summary>
    private const int MaxTries = 5;

    private readonly SessionKey _key;
    private readonly SessionContext _context;
    private readonly AsyncLock _arrival = new();
    private readonly AsyncLock _turn = new();
    private volatile DurableState? _durable;
    private PendingWill? _will;
    private volatile Owner? _owner;
    private volatile bool _loaded;
    private bool _needsReload;
    private bool _retired;
    private volatile bool _isWithoutInbox;
    private uint _expirySeconds;
    private long _connection;
    private long? _expiresAt;
    private IDisposable? _expiry;
    private IDisposable? _wake;

    public Session(SessionKey key, SessionContext context)
    {
        _key = key;
        _context = context;
    }

    /// <summary>Whether it has nothing to remember: no connection, nothing durable, no will that waits.</summary>
    public bool IsOver => _owner is null && _durable is null && !_needsReload && _will is not { IsWaiting: true };

    /// <summary>
    /// Whether this object may go (<see cref="ReleaseAsync"/>) while the session goes on, because the store has all of it. Of a session that
    /// ends with its connection nobody but this object and the edge knows.
    /// </summary>
    public bool MayBeReleased => _owner is null || _durable is not null;

    public async ValueTask<bool> StartAsync(long epoch, int receiveMaximum)
    {
        DurableState? started = null;
        var isOwner = await OwnedAsync(epoch, async () =>
        {
            if (epoch != _connection || _owner is not { } owner)
                return false;
            await BeginsAsync(owner, receiveMaximum).ConfigureAwait(false);
            // An edge that has just joined may not have been heard of here.
            if (_durable is not null && _context.Cluster.Edge(owner.Connection.EdgeId) is null)
                await _context.Cluster.IsAliveAsync(owner.Connection.EdgeId).ConfigureAwait(false);
            started = StartInbox(owner);
            return true;
        }).ConfigureAwait(false);
        started?.Inbox.Push();
        return isOwner;
    }

    public async ValueTask DisconnectAsync(long epoch, SessionDisconnect disconnect)
    {
        await OwnedAsync(epoch, async () =>
        {
            if (epoch != _connection || _owner is not { } owner)
                return true;
            // Whatever becomes of this call: no object goes on with that connection here.
            _ended = (owner.Connection, disconnect);
            // A session that was not to outlive its connection can't change that now ([MQTT-3.14.2-2] is the edge's to refuse).
            if (disconnect.ExpirySeconds is { } expiry && _durable is not null)
                _expirySeconds = expiry;
            try
            {
                await EndConnectionAsync(disconnect).ConfigureAwait(false);
            }
            catch
            {
                Forget();
                throw;
            }

            return true;
        }).ConfigureAwait(false);
        _context.Idle(this, _key);
    }

    public async ValueTask SubscribeAsync(long epoch, IReadOnlyList<Subscription> subscriptions) => await OwnedAsync(epoch, async () =>
    {
        if (epoch != _connection || _durable is not { } durable)
            return false;
        await _context.Sessions.SetSubscriptionsAsync(durable.Inbox.Hold, subscriptions, []).ConfigureAwait(false);
        foreach (var subscription in subscriptions)
        {
            durable.Subscriptions[subscription.Filter] = subscription;
            await durable.Routes.RegisterAsync(subscription, _owner?.Connection, _connection).ConfigureAwait(false);
        }

        return true;
    }).ConfigureAwait(false);

    public async ValueTask UnsubscribeAsync(long epoch, IReadOnlyList<string> filters) => await OwnedAsync(epoch, async () =>
    {
        if (epoch != _connection || _durable is not { } durable)
            return false;
        await _context.Sessions.SetSubscriptionsAsync(durable.Inbox.Hold, [], filters).ConfigureAwait(false);
        foreach (var filter in filters)
        {
            // An object before this one may have removed it from the store, and not from its shards.
            if (durable.Subscriptions.Remove(filter) || _context.IsShared)
                await durable.Routes.UnregisterAsync(filter).ConfigureAwait(false);
        }

        return true;
    }).ConfigureAwait(false);

    public async ValueTask EnqueueAsync(IReadOnlyList<Delivery> deliveries)
    {
        var durable = _durable;
        for (var tries = 1; ; tries++)
        {
            try
            {
                if (durable is not null && await durable.Inbox.EnqueueAsync(deliveries).ConfigureAwait(false))
                    return;
            }
            catch (StaleEpochException)
            {
                await ForgetAsync(durable!).ConfigureAwait(false);
                if (tries == MaxTries)
                    throw;
            }

            // Not asked within the turn: a session that publishes its will holds it, and the will may come back to it.
            if (_isWithoutInbox && !_context.IsShared)
                return;
            durable = await LoadedAsync().ConfigureAwait(false);
            if (durable is not null)
                continue;
            if (_retired)
                await _context.Cluster.Session(_key.Tenant, _key.ClientId).EnqueueAsync(deliveries).ConfigureAwait(false);
            else
                _context.Idle(this, _key);
            return;
        }
    }

    public async ValueTask<InboxSummary?> ReplayAsync(string filter, IReadOnlyList<Delivery> deliveries) => await OwnedAsync(0, async () =>
    {
        if (_durable?.Subscriptions.ContainsKey(filter) != true && _context.IsShared)
            await LoadAnewAsync().ConfigureAwait(false);
        if (_durable is not { } durable || !durable.Subscriptions.ContainsKey(filter))
            return (InboxSummary?)null;
        if (deliveries.Count > 0)
            await durable.Inbox.EnqueueAsync(deliveries).ConfigureAwait(false);
        return durable.Inbox.Summary;
    }).ConfigureAwait(false);

    public async ValueTask AcknowledgeAsync(long epoch, IReadOnlyList<InboxAck> acks)
    {
        for (var tries = 1; ; tries++)
        {
            if (!_loaded || IsNewerConnection(epoch))
                await LoadedAsync(epoch).ConfigureAwait(false);
            if (epoch != _connection)
            {
                if (acks.Any(ack => ack.Received))
                    throw new StaleEpochException(_key, epoch);
                return;
            }

            if (_durable is not { } durable)
            {
                if (_loaded || tries == MaxTries)
                    return;
                continue;
            }

            try
            {
                await durable.Inbox.AcknowledgeAsync(acks, _context.IsShared ? Again(durable, epoch, acks) : null).ConfigureAwait(false);
                return;
            }
            catch (StaleEpochException) when (tries < MaxTries)
            {
                await ForgetAsync(durable).ConfigureAwait(false);
            }
        }
    }

    /// <summary>
    /// Nobody waits for the removal of entries, so that it is only heard later that another object has the session, which goes on counting
    /// them as sent and not acknowledged. They are acknowledged again then, by the session as it is. Should that fail, this object takes the
    /// session later, pushes to the connection what is there, and hears again what it is done with.
    /// </summary>
    private Action Again(DurableState refused, long epoch, IReadOnlyList<InboxAck> acks) => () => _ = AcknowledgeAgainAsync(refused, epoch, acks);

    private async Task AcknowledgeAgainAsync(DurableState refused, long epoch, IReadOnlyList<InboxAck> acks)
    {
        try
        {
            await ForgetAsync(refused).ConfigureAwait(false);
            await AcknowledgeAsync(epoch, acks).ConfigureAwait(false);
        }
        catch (Exception error)
        {
            NotWritten(error);
        }
    }

    public async ValueTask RecordReceivedAsync(long epoch, IReadOnlyList<ushort> received, IReadOnlyList<ushort> released)
    {
        for (var tries = 1; ; tries++)
        {
            if (!_loaded || IsNewerConnection(epoch))
                await LoadedAsync(epoch).ConfigureAwait(false);
            if (epoch != _connection)
                throw new StaleEpochException(_key, epoch);
            if (_durable is not { } durable)
            {
                if (_loaded)
                    return;
                if (tries == MaxTries)
                    throw new StaleEpochException(_key, epoch);
                continue;
            }

            try
            {
                await RecordAsync(durable, received, released).ConfigureAwait(false);
                return;
            }
            catch (StaleEpochException) when (tries < MaxTries)
            {
                await ForgetAsync(durable).ConfigureAwait(false);
            }
        }
    }

    private ValueTask RecordAsync(DurableState durable, IReadOnlyList<ushort> received, IReadOnlyList<ushort> released)
    {
        lock (durable.Received)
        {
            durable.Received.UnionWith(received);
            durable.Received.ExceptWith(released);
            return _context.Sessions.SetReceivedAsync(durable.Inbox.Hold, received, released);
        }
    }

    /// <summary>Carries out, within the turn, what a connection asks for, and again when another object has had the session meanwhile.</summary>
    /// <param name="epoch">The connection's; 0 for whichever.</param>
    /// <param name="carryOut">Looks for itself whether the connection is the owner.</param>
    private async ValueTask<T> OwnedAsync<T>(long epoch, Func<ValueTask<T>> carryOut)
    {
        for (var tries = 1; ; tries++)
        {
            await _turn.WaitAsync().ConfigureAwait(false);
            try
            {
                await LoadAsync(epoch).ConfigureAwait(false);
                return await carryOut().ConfigureAwait(false);
            }
            catch (StaleEpochException) when (tries < MaxTries)
            {
                Forget();
            }
            finally
            {
                _turn.Release();
            }
        }
    }

    /// <summary>Whether a connection may be one that another object has given its epoch.</summary>
    private bool IsNewerConnection(long epoch) => epoch > _connection && _context.IsShared;

    /// <summary>
    /// Another object pushes to the connection only once it is written that it takes entries: what came earlier would be lost, and passed
    /// over when it comes again behind a later entry.
    /// </summary>
    private async ValueTask BeginsAsync(Owner owner, int receiveMaximum)
    {
        var before = owner.Connection;
        if (before.ReceiveMaximum == receiveMaximum)
            return;
        owner.Connection = before with { ReceiveMaximum = receiveMaximum };
        if (!_context.IsShared || _durable is null)
            return;
        try
        {
            await SaveAsync().ConfigureAwait(false);
        }
        catch
        {
            owner.Connection = before;
            throw;
        }
    }

    /// <summary>Begins to push to the connection, if it takes entries and its edge is known.</summary>
    private DurableState? StartInbox(Owner owner)
    {
        var (edgeId, epoch, receiveMaximum) = (owner.Connection.EdgeId, owner.Connection.Epoch, owner.Connection.ReceiveMaximum);
        if (_durable is not { } durable || receiveMaximum == 0 || _context.Cluster.Edge(edgeId) is not { } edge)
            return null;
        durable.Inbox.Start(edge, epoch, receiveMaximum);
        return durable;
    }

    /// <summary>From now on messages may come for it: it is ready to take them.</summary>
    private void BecomeDurable(DurableState durable)
    {
        _context.Counters.SessionsDurable.Increment();
        _isWithoutInbox = false;
        _durable = durable;
    }

    /// <param name="connection">What is stored of it.</param>
    /// <param name="address">Null when it came to another object.</param>
    private sealed class Owner(StoredConnection connection, IPAddress? address)
    {
        public StoredConnection Connection { get; set; } = connection;

        public IPAddress? Address => address;

        /// <summary>Whether this object has told the shards of the session's subscriptions and its connection.</summary>
        public bool IsRegistered { get; set; }
    }
}
