using Starling.Broker.Contracts;

namespace Starling.Broker.Sessions;

/// <summary>
/// How a session and its store go together. The object is made when somebody asks for the session, and takes it over from the store
/// before it does anything; what it writes from then on names the epoch that it got.
/// </summary>
/// <remarks>
/// A connection that the store knows of, and this object does not, came to another object. If its edge lives, so does the connection, and
/// this object goes on with it: entries are pushed to it again from the oldest on, of which it passes over those that it has had, and
/// acknowledges again those that its client is done with. For that no number may be given twice in a connection: numbers are reserved in
/// the store before they are used (<see cref="Inbox.NextNumber"/>), so that this object begins above all that the one before may have used,
/// also when their entries are gone. If the edge is gone, the connection was lost with it, and what follows from that is done while the
/// session is loaded.
///
/// What another object may still have under way when this one takes the session:
/// - An append. The store carries out either it or the taking first. If the append is first it is found here. If not it is refused, and
///   the other object tries again with the session's new owner; nothing was written, so nothing is doubled. Where its process dies before
///   it knows, its publisher is not answered and repeats the message, which the inbox finds at QoS 2, and which QoS 1 allows.
/// - Acknowledgements. Refused, the entries stay; the other object hears of it and has them acknowledged by the session as it is. Those that
///   came before the taking are pushed again, and the connection, which has had them, acknowledges them again. If the connection is gone by then, the next one gets them again with DUP, or PUBREL.
/// - What it leaves to other members of a shared subscription. The entry goes to the other member only in a transaction that finds it with
///   its owner's epoch unchanged, and removes it there.
/// - The end of the connection, its will, its expiry: see Session.Ending.cs.
/// </remarks>
public sealed partial class Session
{
    /// <summary>Milliseconds after which what a store did not do is tried again.</summary>
    private const long RetryAfter = 1000;

    /// <summary>The epoch of this object; 0 when nothing is stored.</summary>
    private long _stored;

    private long _highestStored;
    private bool _registersAgain;
    private Task _saving = Task.CompletedTask;

    /// <summary>
    /// Sees to what is due for a session that nobody may have asked for since the process began. If another object takes it meanwhile, that one
    /// finds what is due; were it taken back, the two could publish a will in turns for as long as neither gets to write that it is published.
    /// </summary>
    public async ValueTask WakeAsync()
    {
        await _turn.WaitAsync().ConfigureAwait(false);
        try
        {
            await LoadAsync().ConfigureAwait(false);
            if (_owner is { } owner && !_retired && !await _context.Cluster.IsAliveAsync(owner.Connection.EdgeId).ConfigureAwait(false))
                await EndLostAsync().ConfigureAwait(false);
        }
        catch (StaleEpochException)
        {
            Drop();
            _needsReload = false;
            _wake?.Dispose();
        }
        finally
        {
            _turn.Release();
        }

        _context.Idle(this, _key);
    }

    /// <summary>The connection is gone with its edge.</summary>
    private async ValueTask EndLostAsync()
    {
        try
        {
            await EndConnectionAsync(Unknown).ConfigureAwait(false);
        }
        catch (Exception error) when (error is not StaleEpochException)
        {
            Forget();
            throw;
        }
    }

    /// <summary>What there is of it, once it has been taken over from the store and what was due has been done.</summary>
    /// <param name="epoch">Of a connection that asks, 0 for a message; neither may be known to this object and known to the store.</param>
    private async ValueTask<DurableState?> LoadedAsync(long epoch = 0)
    {
        await _turn.WaitAsync().ConfigureAwait(false);
        try
        {
            var before = _loaded;
            await LoadAsync(epoch).ConfigureAwait(false);
            if (epoch == 0 && _durable is null && before && _context.IsShared)
                await LoadAnewAsync().ConfigureAwait(false);
            return _durable;
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <param name="epoch">Of a connection that may be newer than what this object knows.</param>
    private async ValueTask LoadAsync(long epoch = 0)
    {
        if (_retired)
            return;
        try
        {
            var fresh = !_loaded;
            if (fresh)
                await TakeAsync().ConfigureAwait(false);
            if (_owner is null && _durable is not null)
                await DoWhatIsDueAsync().ConfigureAwait(false);
            if (!fresh && IsNewerConnection(epoch))
                await LoadAnewAsync().ConfigureAwait(false);
        }
        catch when (_loaded)
        {
            Forget();
            throw;
        }
    }

    /// <summary>Takes the session once more. A connection that is written nowhere stays, unless the store knows better.</summary>
    private async ValueTask LoadAnewAsync()
    {
        if (_retired)
            return;
        if (_stored != 0 || _durable is not null)
            Drop();
        _loaded = false;
        await LoadAsync().ConfigureAwait(false);
    }

    private async ValueTask TakeAsync()
    {
        var stored = await _context.Sessions.TakeAsync(_key, _context.Due.Now).ConfigureAwait(false);
        (_loaded, _needsReload) = (true, false);
        if (stored is null)
        {
            _stored = 0;
            _mayBeElsewhere = _owner is null;
            _isWithoutInbox = true;
            return;
        }

        if (_owner is { } unwritten)
        {
            // Another object has begun the session anew.
            Drop();
            _loaded = true;
            _ = CloseAsync(unwritten).AsTask();
        }

        await RestoreAsync(stored).ConfigureAwait(false);
    }

    private async ValueTask RestoreAsync(StoredSession stored)
    {
        var state = stored.State;
        _stored = _highestStored = state.Epoch;
        _connection = Math.Max(_connection, Math.Max(state.ConnectionEpoch, state.Connection?.Epoch ?? 0));
        (_expirySeconds, _expiresAt) = (state.ExpirySeconds, state.ExpiresAt);
        _will = state.Will is { } will ? new PendingWill(will, _key.Tenant, _context, RunDueWork) : null;
        if (state.Connection is { Durable: false })
            _isWithoutInbox = true;
        else
            await BecomeDurableAsync(stored).ConfigureAwait(false);
        if (state.Connection is { } connection)
        {
            // Another object may have given another connection the same epoch.
            var hasEnded = _ended.Connection is { } ended
                && (ended.Epoch, ended.EdgeId, ended.Attempt) == (connection.Epoch, connection.EdgeId, connection.Attempt);
            if (hasEnded && _ended.How.ExpirySeconds is { } expiry && _durable is not null)
                _expirySeconds = expiry;
            if (hasEnded || !await _context.Cluster.IsAliveAsync(connection.EdgeId).ConfigureAwait(false))
                await EndConnectionAsync(hasEnded ? _ended.How : Unknown, isTaken: true).ConfigureAwait(false);
            else
                ResumeConnection(_owner = new Owner(connection, address: null));
            return;
        }

        var now = _context.Due.Now;
        if (state.WillAt is { } willAt)
            _will?.WaitUntil(willAt);
        if (state.ExpiresAt is { } due && due > now)
            ExpireAt(due);
    }

    private void ResumeConnection(Owner owner)
    {
        if (StartInbox(owner) is { } started)
            started.Inbox.Push();
        else if (owner.Connection is { ReceiveMaximum: 0, Durable: true })
            ProbeConnection(owner.Connection);
    }

    /// <summary>
    /// Pushes nothing to a connection that does not take entries yet: if its edge does not come to have it, since it gave up the CONNECT,
    /// it says so.
    /// </summary>
    private void ProbeConnection(StoredConnection connection)
    {
        if (_context.Cluster.Edge(connection.EdgeId) is { } edge)
            _ = edge.DeliverInboxAsync(_key.Tenant, _key.ClientId, connection.Epoch, _stored, []).AsTask();
    }

    private async ValueTask BecomeDurableAsync(StoredSession stored)
    {
        var durable = new DurableState(_key, _context);
        foreach (var subscription in stored.Subscriptions)
            durable.Subscriptions[subscription.Filter] = subscription;
        durable.Received.UnionWith(stored.Received);
        durable.Inbox.Reset(stored.Inbox, stored.Hold);
        BecomeDurable(durable);
        if (!_registersAgain)
            return;
        foreach (var subscription in stored.Subscriptions)
            await durable.Routes.RegisterAsync(subscription, stored.State.Connection, _connection).ConfigureAwait(false);
        _registersAgain = false;
    }

    /// <summary>What came due while nobody had the session, or by now.</summary>
    private async ValueTask DoWhatIsDueAsync()
    {
        var now = _context.Due.Now;
        if (_expiresAt <= now)
        {
            await ConfirmAsync().ConfigureAwait(false);
            _context.Counters.SessionsExpired.Increment();
            await DiscardAsync().ConfigureAwait(false);
        }
        else if (_will is { } will && will.DueAt <= now)
        {
            await ConfirmAsync().ConfigureAwait(false);
            await will.PublishAsync().ConfigureAwait(false);
            await SettleAsync().ConfigureAwait(false);
        }
    }

    /// <summary>Whatever this object knows may be out of date: what comes next begins with the store, and somebody has to begin.</summary>
    private void Forget()
    {
        Drop();
        _needsReload = true;
        WakeLater();
    }

    /// <summary>The same, unless it has been done already.</summary>
    private async ValueTask ForgetAsync(DurableState outOfDate)
    {
        await _turn.WaitAsync().ConfigureAwait(false);
        try
        {
            if (_durable == outOfDate)
                Forget();
        }
        finally
        {
            _turn.Release();
        }
    }

    private void WakeLater()
    {
        _wake?.Dispose();
        _wake = _context.Due.Schedule(_context.Due.Now + RetryAfter, RunDueWork);
    }

    private void Drop()
    {
        _loaded = _isWithoutInbox = false;
        _owner = null;
        _expiry?.Dispose();
        _expiresAt = null;
        _will?.Cancel();
        if (_durable is { } durable)
        {
            durable.Inbox.Close();
            _durable = null;
            _context.Counters.SessionsDurable.Decrement();
        }
    }

    /// <summary>Something is due, or was not written: nobody waits for it.</summary>
    private void RunDueWork() => _ = RunDueWorkAsync();

    private async Task RunDueWorkAsync()
    {
        try
        {
            await WakeAsync().ConfigureAwait(false);
        }
        catch (Exception error)
        {
            NotWritten(error);
            if (_needsReload)
                WakeLater();
        }
    }

    private ValueTask<SessionFencingToken> SaveAsync() => SaveAsync(_durable?.Inbox.NextNumber(connected: _owner is not null) ?? 0);

    private async ValueTask<SessionFencingToken> SaveAsync(long next)
    {
        var expected = _stored;
        if (_stored == 0)
            _stored = _highestStored = Math.Max(_highestStored + 1, _context.Due.Now);
        return await _context.Sessions.SaveAsync(
            _key,
            expected,
            new SessionState(
                _stored, _owner?.Connection, _expirySeconds, _expiresAt, _will?.Current, _will?.DueAt, next, _connection)).ConfigureAwait(false);
    }

    /// <summary>Asks the store, where other processes use it, whether the session still is this object's.</summary>
    /// <exception cref="StaleEpochException">It is not.</exception>
    private async ValueTask ConfirmAsync()
    {
        if (_context.IsShared && _stored != 0)
            await SaveAsync().ConfigureAwait(false);
    }

    /// <summary>
    /// Writes how a session goes on without its connection. If the store does not take it now it is told later: should the process die
    /// before that, the session is one whose connection ended with its edge. Where the edge may live on, it is told instead.
    /// </summary>
    private async ValueTask SettleAsync()
    {
        try
        {
            await SaveAsync().ConfigureAwait(false);
        }
        catch (Exception error) when (error is not StaleEpochException && !_context.IsShared)
        {
            NotWritten(error);
            _context.Due.Schedule(_context.Due.Now + RetryAfter, () => _ = SettleLaterAsync());
        }
    }

    private async Task SettleLaterAsync()
    {
        await _turn.WaitAsync().ConfigureAwait(false);
        try
        {
            if (_owner is null && _durable is not null)
                await SettleAsync().ConfigureAwait(false);
        }
        catch (Exception error)
        {
            NotWritten(error);
            Forget();
        }
        finally
        {
            _turn.Release();
        }

        _context.Idle(this, _key);
    }

    private void InBackground(ValueTask<SessionFencingToken> write) => _saving = ObserveAsync(write.AsTask());

    private async Task ObserveAsync(Task write)
    {
        try
        {
            await write.ConfigureAwait(false);
        }
        catch (Exception error)
        {
            NotWritten(error);
        }
    }
}
