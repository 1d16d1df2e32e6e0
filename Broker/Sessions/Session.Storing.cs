namespace Starling.Broker.Sessions;

/// <summary>
/// How a session and its store go together. The object is made when somebody asks for the session, and takes it over from the store
/// before it does anything; what it writes from then on names the epoch that it got. A connection that the store knows of, and this
/// object does not, ended together with its edge: what follows from that is done while it is loaded.
/// </summary>
public sealed partial class Session
{
    /// <summary>Sees to what is due for a session that nobody has asked for since the process began: its expiry, its will.</summary>
    public async Task WakeAsync()
    {
        await _turn.WaitAsync().ConfigureAwait(false);
        try
        {
            await LoadAsync().ConfigureAwait(false);
            if (_owner is null && _durable is not null)
                await DoWhatIsDueAsync().ConfigureAwait(false);
        }
        finally
        {
            _turn.Release();
        }

        _context.Idle(this, _key);
    }

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
            await SaveAsync().ConfigureAwait(false);
        }
    }

    private async ValueTask LoadAsync()
    {
        if (_loaded)
            return;
        var stored = await _context.Sessions.TakeAsync(_key, _context.Due.Now).ConfigureAwait(false);
        _loaded = true;
        if (stored is null)
            return;

        var state = stored.State;
        _epoch = _storedEpoch = state.Epoch;
        (_expirySeconds, _expiresAt) = (state.ExpirySeconds, state.ExpiresAt);
        var durable = BecomeDurable();
        durable.Hold = stored.Hold;
        foreach (var subscription in stored.Subscriptions)
            durable.Subscriptions[subscription.Filter] = subscription;
        durable.Received.UnionWith(stored.Received);
        durable.Inbox.Reset(stored.Inbox, stored.Hold);
        _will = state.Will is { } will ? new PendingWill(will, _key.Tenant, _context, WillPublishedAsync) : null;
        if (state.EdgeId is not null)
        {
            await EndConnectionAsync(new SessionDisconnect(PublishWill: true, SentBelow: long.MaxValue)).ConfigureAwait(false);
            return;
        }

        if (state.WillAt is { } willAt)
            _will?.WaitUntil(willAt);
        if (state.ExpiresAt is { } due)
            ExpireAt(due);
    }

    /// <summary>Whatever this object knows may be out of date: what comes next begins with the store.</summary>
    private void Forget()
    {
        if (_durable is { } durable)
        {
            durable.Inbox.Clear();
            _durable = null;
            _context.Counters.SessionsDurable.Decrement();
        }

        _loaded = false;
    }

    private ValueTask<SessionHold> SaveAsync()
    {
        var expected = _storedEpoch;
        _storedEpoch = _epoch;
        return _context.Sessions.SaveAsync(
            _key,
            expected,
            new SessionState(
                _epoch,
                _owner?.EdgeId,
                _expirySeconds,
                _expiresAt,
                _will?.Current,
                _will?.DueAt,
                _durable?.Inbox.Summary.Next ?? 0));
    }

    /// <summary>A delayed will has been published: it is not to be published again after a crash.</summary>
    private async Task WillPublishedAsync()
    {
        await _turn.WaitAsync().ConfigureAwait(false);
        try
        {
            if (_owner is null && _durable is not null)
                await SaveAsync().ConfigureAwait(false);
        }
        catch (Exception error)
        {
            Log.NotWritten(_context.Logger, _key.Tenant, _key.ClientId, error);
        }
        finally
        {
            _turn.Release();
        }

        _context.Idle(this, _key);
    }

    private void InBackground(ValueTask<SessionHold> write) => _ = ObserveAsync(write.AsTask());

    private void InBackground(ValueTask write) => _ = ObserveAsync(write.AsTask());

    private async Task ObserveAsync(Task write)
    {
        try
        {
            await write.ConfigureAwait(false);
        }
        catch (Exception error)
        {
            Log.NotWritten(_context.Logger, _key.Tenant, _key.ClientId, error);
        }
    }
}
