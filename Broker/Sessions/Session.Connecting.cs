using Starling.Broker.Contracts;
using Starling.Broker.Tenants.Collisions;
using Starling.Protocol;

namespace Starling.Broker.Sessions;

/// <summary>How a connection becomes the owner.</summary>
/// <remarks>
/// Takeover ([MQTT-3.1.4-3]): a connection that arrives while another one owns the session
/// 1. asks the older connection's edge to close it with 0x8E and waits for at most <see cref="CloseWait"/>;
/// 2. ends the older connection here: its will is published or its delay begins, what it did not acknowledge goes back in line;
/// 3. gets a higher epoch, which is written to the store with its edge.
/// If the old edge does not answer, 2 and 3 happen all the same: its connection can do no more harm, since every call that it makes
/// carries the old epoch and does nothing here, and every write of another object of this session is refused by the store.
///
/// Connections arrive one at a time, and while step 1 waits nobody has the turn: the older connection may be in the middle of a call
/// that needs it (SUBSCRIBE, its own start or end), and can't end before that is through.
///
/// An answer may be lost between processes, and CONNECT be asked again (<see cref="SessionConnect.Attempt"/>), perhaps of another object.
/// Before 3 is written nothing has happened that asking again does not do as well. After it the stored connection has the attempt: it is
/// answered as it was before, and what may be missing behind 3, the shards' routes, is made up for. So a client that gets an answer has
/// one connection, which closed one older connection and published one will.
///
/// A CONNECT may be kept waiting for long, by an edge that does not answer or a store that is away, and its client have connected anew
/// by another object meanwhile. It ends no connection but the one that it found when it came: of any other one it is the older.
///
/// Of a session that ends with its connection and has no will, the store has nothing. An object that finds nothing there asks all edges
/// to close what they have of the client, and goes above the epoch that they tell.
/// </remarks>
public sealed partial class Session
{
    private static readonly TimeSpan CloseWait = TimeSpan.FromSeconds(5);

    /// <summary>Nothing is stored, and no edge has been asked since that was found.</summary>
    private bool _mayBeElsewhere;

    public async ValueTask<SessionConnected> ConnectAsync(SessionConnect connect, CancellationToken abandoned = default)
    {
        var arrival = new Arrival();
        for (var tries = 1; ; tries++)
        {
            try
            {
                return await ArriveAsync(connect, arrival, abandoned).ConfigureAwait(false);
            }
            catch (StaleEpochException) when (tries < MaxTries)
            {
                // Another object has had the session meanwhile; what was known here is forgotten.
            }
            catch
            {
                _context.Idle(this, _key);
                throw;
            }
        }
    }

    private async ValueTask<SessionConnected> ArriveAsync(SessionConnect connect, Arrival arrival, CancellationToken abandoned)
    {
        await _arrival.WaitOrLeaveAsync(abandoned).ConfigureAwait(false);
        try
        {
            if (_retired)
                return await _context.Cluster.Session(_key.Tenant, _key.ClientId).ConnectAsync(connect, abandoned).ConfigureAwait(false);
            var above = 0L;
            var older = await OwnerAsync(abandoned).ConfigureAwait(false);
            arrival.Finds(older?.Connection);
            if (older is null)
                above = await EvictAsync().ConfigureAwait(false);
            else if (!IsAgain(connect, older))
            {
                if (!arrival.MayEnd(older.Connection))
                    return Refused(ReasonCode.ServerBusy);
                if (older.Address is { } before && connect.Address is { } now
                    && _context.Collisions.Observe(_context.Tenant, _key.ClientId, before, now) == TakeoverVerdict.KeepOlder)
                    return Refused(ClientIdCollisions.RefusalReason);
                await CloseAsync(older).ConfigureAwait(false);
            }

            return await OwnAsync(connect, arrival, above, abandoned).ConfigureAwait(false);
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

    private async ValueTask<SessionConnected> OwnAsync(SessionConnect connect, Arrival arrival, long above, CancellationToken abandoned)
    {
        await _turn.WaitOrLeaveAsync(abandoned).ConfigureAwait(false);
        PendingWill? replaced = null;
        Owner? owner = null;
        try
        {
            // The end of the older connection may have failed at the store, and what was known here been forgotten.
            await LoadAsync().ConfigureAwait(false);
            if (_owner is { } asked && IsAgain(connect, asked))
                return await AgainAsync(asked).ConfigureAwait(false);
            if (_owner is { } newer && !arrival.MayEnd(newer.Connection))
                return Refused(ReasonCode.ServerBusy);
            // An older connection that has not ended itself did not say goodbye. Which entries it sent is not known here: all that were
            // pushed may have been.
            if (_owner is not null)
                await EndConnectionAsync(Unknown).ConfigureAwait(false);
            if (connect.CleanStart && (_durable is not null || _will is not null))
            {
                await ConfirmAsync().ConfigureAwait(false);
                await DiscardAsync().ConfigureAwait(false);
            }

            var present = _durable is not null;
            var before = (Will: _will, ExpirySeconds: _expirySeconds, ExpiresAt: _expiresAt);
            replaced = before.Will;
            _expiry?.Dispose();
            _expiresAt = null;

            var epoch = _connection = Math.Max(Math.Max(_connection, above) + 1, _context.Due.Now);
            _owner = owner = new Owner(
                new StoredConnection(
                    connect.EdgeId, epoch, connect.Attempt, ReceiveMaximum: 0, Durable: present || connect.ExpirySeconds > 0, present),
                connect.Address);
            _expirySeconds = connect.ExpirySeconds;
            _will = connect.Will is { } will ? new PendingWill(will, _key.Tenant, _context, RunDueWork) : null;
            if (!owner.Connection.Durable)
            {
                replaced?.Cancel();
                owner.IsRegistered = true;
                // Its will must outlive the process; whoever connects waits for that only where the connection may outlive it too.
                if (_will is not null && _context.IsShared)
                    await SaveAsync().ConfigureAwait(false);
                else if (_will is not null)
                    InBackground(SaveAsync());
                return Answer(owner);
            }

            var durable = _durable ?? new DurableState(_key, _context);
            var next = durable.Inbox.NextNumber(connected: true);
            durable.Inbox.Hold = await SaveAsync(next).ConfigureAwait(false);
            durable.Inbox.Reserved(next);
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

            replaced?.Cancel();
            if (!present)
                BecomeDurable(durable);
            return await AgainAsync(owner).ConfigureAwait(false);
        }
        catch (Exception error)
        {
            // There will be no connection, whatever the store has of it; unless it is tried again: another object that was asked as well
            // may have made it, even with the same epoch.
            if (owner is not null && (error is not StaleEpochException || abandoned.IsCancellationRequested))
                _ended = (owner.Connection, new SessionDisconnect(PublishWill: false));
            replaced?.Cancel();
            Forget();
            throw;
        }
        finally
        {
            _turn.Release();
        }
    }

    private static bool IsAgain(SessionConnect connect, Owner owner) =>
        connect.Attempt != 0 && owner.Connection.Attempt == connect.Attempt && owner.Connection.EdgeId == connect.EdgeId;

    /// <summary>Answers, and sees to it that the shards know of the connection.</summary>
    private async ValueTask<SessionConnected> AgainAsync(Owner owner)
    {
        if (!owner.IsRegistered && _durable is { } durable)
        {
            foreach (var subscription in durable.Subscriptions.Values)
                await durable.Routes.RegisterAsync(subscription, owner.Connection, _connection).ConfigureAwait(false);
        }

        owner.IsRegistered = true;
        return Answer(owner);
    }

    private SessionConnected Answer(Owner owner) => new(
        ReasonCode.Success,
        owner.Connection.SessionPresent,
        owner.Connection.Durable,
        owner.Connection.Epoch,
        _durable?.Inbox.Hold.Id ?? 0,
        _durable is null ? [] : [.. _durable.Subscriptions.Values],
        _durable is null ? [] : [.. _durable.Received]);

    private static SessionConnected Refused(ReasonCode reason) => new(reason, SessionPresent: false, Durable: false, Epoch: 0, SessionId: 0, [], []);

    private async ValueTask<long> EvictAsync()
    {
        if (!_mayBeElsewhere)
            return 0;
        var epoch = await _context.Cluster.EvictAsync(_key.Tenant, _key.ClientId).ConfigureAwait(false);
        _mayBeElsewhere = false;
        return epoch;
    }

    private async ValueTask CloseAsync(Owner older)
    {
        _context.Counters.SessionsTakenOver.Increment();
        Log.TakenOver(_context.Logger, _key.Tenant, _key.ClientId, older.Connection.Epoch);
        try
        {
            // It may have joined so lately that it has not been heard of here.
            if (_context.Cluster.Edge(older.Connection.EdgeId) is null)
                await _context.Cluster.IsAliveAsync(older.Connection.EdgeId).ConfigureAwait(false);
            if (_context.Cluster.Edge(older.Connection.EdgeId) is { } edge)
            {
                await edge.CloseAsync(_key.Tenant, _key.ClientId, older.Connection.Epoch, ReasonCode.SessionTakenOver)
                    .AsTask().WaitAsync(CloseWait, _context.Time).ConfigureAwait(false);
            }
        }
        catch (Exception error)
        {
            Log.TakeoverUnanswered(_context.Logger, _key.Tenant, _key.ClientId, older.Connection.EdgeId, error);
        }
    }

    /// <summary>What a CONNECT found when it came, however often it is carried out again.</summary>
    private sealed class Arrival
    {
        private bool _hasLooked;
        private (string EdgeId, long Epoch, long Attempt)? _older;

        public void Finds(StoredConnection? connection)
        {
            if (_hasLooked)
                return;
            _hasLooked = true;
            _older = connection is null ? null : Identity(connection);
        }

        public bool MayEnd(StoredConnection connection) => _older == Identity(connection);

        private static (string EdgeId, long Epoch, long Attempt) Identity(StoredConnection connection) =>
            (connection.EdgeId, connection.Epoch, connection.Attempt);
    }
}
