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
