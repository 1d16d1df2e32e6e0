namespace Starling.Broker.Sessions;

/// <summary>
/// How a session and its store go together. The object is made when somebody asks for the session, and takes it over from the store
/// before it does anything; what it writes from then on names the epoch that it got. A connection that the store knows of, and this
/// object does not, ended together with its edge: what follows from that is done while it is loaded.
/// </summary>
public sealed partial class Session
{
    /// <summary>Milliseconds after which what a store did not do is tried again.</summary>
    private const long RetryAfter = 1000;

    /// <summary>Sees to what is due for a session that nobody has asked for since the process began: its expiry, its will.</summary>
    public async ValueTask WakeAsync()
    {
        await LoadedAsync().ConfigureAwait(false);
        _context.Idle(this, _key);
    }

    /// <summary>What there is of it, once it has been taken over from the store and what was due has been done.</summary>
    private async ValueTask<DurableState?> LoadedAsync()
    {
        await _turn.WaitAsync().ConfigureAwait(false);
        try
        {
            await LoadAsync().ConfigureAwait(false);
            return _durable;
        }
        finally
        {
            _turn.Release();
        }
    }

    private async ValueTask LoadAsync()
    {
        if (_retired)
            return;
        try
        {
            if (!_loaded)
                await TakeAsync().ConfigureAwait(false);
            if (_owner is null && _durable is not null)
                await DoWhatIsDueAsync().ConfigureAwait(false);
        }
        catch when (_loaded)
        {
            Forget();
            throw;
        }
    }

    private async ValueTask TakeAsync()
    {
        var stored = await _context.Sessions.TakeAsync(_key, _context.Due.Now).ConfigureAwait(false);
        (_loaded, _unsettled) = (true, false);
        if (stored is null)
        {
            _storedEpoch = 0;
            _isWithoutInbox = true;
            return;
        }

        var state = stored.State;
        _epoch = _storedEpoch = state.Epoch;
        (_expirySeconds, _expiresAt) = (state.ExpirySeconds, state.ExpiresAt);
        var durable = new DurableState(_key, _context);
        foreach (var subscription in stored.Subscriptions)
            durable.Subscriptions[subscription.Filter] = subscription;
        durable.Received.UnionWith(stored.Received);
        durable.Inbox.Reset(stored.Inbox, stored.Hold);
        BecomeDurable(durable);
        _will = state.Will is { } will ? new PendingWill(will, _key.Tenant, _context, WillPublishedAsync) : null;
        if (state.EdgeId is not null)
        {
            await EndConnectionAsync(new SessionDisconnect(PublishWill: true, SentBelow: long.MaxValue)).ConfigureAwait(false);
            return;
        }

        var now = _context.Due.Now;
        if (state.WillAt is { } willAt)
            _will?.WaitUntil(willAt);
        if (state.ExpiresAt is { } due && due > now)
            ExpireAt(due);
    }

    /// <summary>What came due while nobody had the session, or before its timer was seen to.</summary>
    private async ValueTask DoWhatIsDueAsync()
    {
        var now = _context.Due.Now;
        if (_expiresAt <= now)
        {
            _context.Counters.SessionsExpired.Increment();
            await DiscardAsync().ConfigureAwait(false);
        }
        else if (_will is { } will && will.DueAt <= now)
        {
            await will.PublishAsync().ConfigureAwait(false);
            await SettleAsync().ConfigureAwait(false);
        }
    }

    /// <summary>Whatever this object knows may be out of date: what comes next begins with the store, and somebody has to begin.</summary>
    private void Forget()
    {
        Drop();
        _unsettled = true;
        WakeLater();
    }

    private void WakeLater()
    {
        _wake?.Dispose();
        _wake = _context.Due.Schedule(_context.Due.Now + RetryAfter, () => _ = WakeAgainAsync());
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

    private async Task WakeAgainAsync()
    {
        try
        {
            await WakeAsync().ConfigureAwait(false);
        }
        catch (Exception error)
        {
            NotWritten(error);
            if (_unsettled)
                WakeLater();
        }
    }

    private ValueTask<SessionHold> SaveAsync() => SaveAsync(_durable?.Inbox.Summary.Next ?? 0);

    private async ValueTask<SessionHold> SaveAsync(long next)
    {
        var expected = _storedEpoch;
        _storedEpoch = _epoch;
        return await _context.Sessions.SaveAsync(
            _key,
            expected,
            new SessionState(_epoch, _owner?.EdgeId, _expirySeconds, _expiresAt, _will?.Current, _will?.DueAt, next)).ConfigureAwait(false);
    }

    /// <summary>
    /// Writes how a session goes on without its connection. If the store does not take it now it is told later: should the process die
    /// before that, the session is one whose connection ended with its edge.
    /// </summary>
    private async ValueTask SettleAsync()
    {
        try
        {
            await SaveAsync().ConfigureAwait(false);
        }
        catch (Exception error) when (error is not StaleEpochException)
        {
            NotWritten(error);
            _context.Due.Schedule(_context.Due.Now + RetryAfter, () => _ = SettleLaterAsync());
        }
    }

    /// <summary>A delayed will has been published: it is not to be published again after a crash.</summary>
    private Task WillPublishedAsync() => SettleLaterAsync();

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

    private void InBackground(ValueTask<SessionHold> write) => _ = ObserveAsync(write.AsTask());

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
