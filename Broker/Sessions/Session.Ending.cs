namespace Starling.Broker.Sessions;

/// <summary>How a session ends: by its expiry, and in memory once it has nothing to remember.</summary>
public sealed partial class Session
{
    /// <summary>Lets go of a session that <see cref="IsOver"/>: whoever still holds it is sent on to a new one.</summary>
    /// <param name="forget">Takes it out of where sessions are found.</param>
    public void TryRetire(Action forget)
    {
        if (!_arrival.TryTake())
            return;
        try
        {
            if (!_turn.TryTake())
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
        finally
        {
            _arrival.Release();
        }
    }

    /// <summary>The session ends, and with it the wait of its will.</summary>
    private async ValueTask DiscardAsync()
    {
        // Before the row goes: a will that is published twice after a crash is better than one that is lost.
        if (_will is not null)
            await _will.PublishAsync().ConfigureAwait(false);
        var (durable, stored) = (_durable, _storedEpoch);
        if (durable is not null)
        {
            foreach (var filter in durable.Subscriptions.Keys)
                await durable.Routes.UnregisterAsync(filter).ConfigureAwait(false);
            await durable.Routes.HandOverAsync(durable.Subscriptions.Values).ConfigureAwait(false);
            durable.Inbox.Close();
            _isWithoutInbox = true;
            _durable = null;
            _context.Counters.SessionsDurable.Decrement();
        }

        if (stored == 0)
            return;
        _storedEpoch = 0;
        var deleted = DeleteAsync(stored);
        if (durable is not null)
            await deleted.ConfigureAwait(false);
    }

    /// <summary>A session that goes on in the store would come back; if it has begun anew meanwhile, its epoch is another one.</summary>
    private async Task DeleteAsync(long epoch)
    {
        try
        {
            await _context.Sessions.DeleteAsync(_key, epoch).ConfigureAwait(false);
        }
        catch (Exception error)
        {
            NotWritten(error);
            _context.Due.Schedule(_context.Due.Now + RetryAfter, () => _ = DeleteAsync(epoch));
        }
    }

    /// <summary>
    /// The session is not this object's any more, and not this object's to end: its tenant is gone. What the store has of it, another
    /// object goes on with when the tenant is back.
    /// </summary>
    public async Task AbandonAsync()
    {
        await _turn.WaitAsync().ConfigureAwait(false);
        try
        {
            Drop();
            _retired = true;
        }
        finally
        {
            _turn.Release();
        }
    }

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
            if (_owner is not null || _durable is null)
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
}
