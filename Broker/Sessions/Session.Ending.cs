using Starling.Broker.Contracts;
using Starling.Protocol;

namespace Starling.Broker.Sessions;

/// <summary>How a connection ends, how a session does, and how this object does.</summary>
/// <remarks>
/// Wills, hand-overs and the removal of routes can't be undone, and no store keeps another object from doing them too. So the store is
/// asked before (<see cref="ConfirmAsync"/>) whether the session still is this object's; if not, it is loaded, and most often there is
/// nothing left to do. What remains is a takeover between the question and the deed: the will may then be published twice, never not at
/// all. Entries that are handed over have the owner's epoch with them, and stay if it is an old one. Routes go after the session's row,
/// which only the owner can remove.
/// </remarks>
public sealed partial class Session
{
    /// <summary>How a connection ended that said nothing: its will is due, and everything may have been sent.</summary>
    private static readonly SessionDisconnect Unknown = new(PublishWill: true, SentBelow: long.MaxValue);

    /// <summary>A connection that has ended, or never was, although the store may have it: it is not gone on with.</summary>
    private (StoredConnection? Connection, SessionDisconnect How) _ended = (null, SessionDisconnect.Lost);

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

    /// <summary>
    /// This object goes and the session goes on, with its connection if it has one: the next object takes both from the store. Should this
    /// one be asked again, it is the next. See <see cref="MayBeReleased"/> for what is lost if it may not.
    /// </summary>
    public async Task ReleaseAsync()
    {
        bool isNeeded;
        await _turn.WaitAsync().ConfigureAwait(false);
        try
        {
            await _saving.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            isNeeded = _needsReload || _durable?.Inbox.IsAboutToPush == true;
            Drop();
            _wake?.Dispose();
            _needsReload = false;
        }
        finally
        {
            _turn.Release();
        }

        if (isNeeded)
            _ = WakeNextAsync();
    }

    /// <summary>Nobody else may come to ask for the session: its client waits for what it does not know of.</summary>
    private async Task WakeNextAsync()
    {
        try
        {
            await _context.Cluster.Session(_key.Tenant, _key.ClientId).WakeAsync().ConfigureAwait(false);
        }
        catch (Exception error)
        {
            Log.NextNotWoken(_context.Logger, _key.Tenant, _key.ClientId, error);
        }
    }

    /// <summary>There is no connection any more; the session goes on or ends.</summary>
    /// <param name="disconnect">How it ended.</param>
    /// <param name="isTaken">The session has just been taken from the store: nothing has to be confirmed.</param>
    private async ValueTask EndConnectionAsync(SessionDisconnect disconnect, bool isTaken = false)
    {
        var ends = _expirySeconds == 0;
        if (!isTaken && (ends || (disconnect.PublishWill && _will is not null)))
            await ConfirmAsync().ConfigureAwait(false);
        _owner = null;
        var durable = _durable;
        durable?.Inbox.Stop(disconnect.SentBelow);
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
            await durable.Routes.RegisterAsync(subscription, connection: null, _connection).ConfigureAwait(false);
        await durable.Routes.HandOverAsync(durable.Subscriptions.Values).ConfigureAwait(false);
    }

    /// <summary>The session ends, and with it the wait of its will.</summary>
    private async ValueTask DiscardAsync()
    {
        // Before the row goes: a will that is published twice after a crash is better than one that is lost.
        if (_will is not null)
            await _will.PublishAsync().ConfigureAwait(false);
        var (durable, stored) = (_durable, _stored);
        if (durable is not null)
        {
            foreach (var filter in durable.Subscriptions.Keys.Where(TopicFilters.IsShared))
                await durable.Routes.UnregisterAsync(filter).ConfigureAwait(false);
            await durable.Routes.HandOverAsync(durable.Subscriptions.Values).ConfigureAwait(false);
            durable.Inbox.Close();
            _isWithoutInbox = true;
            _durable = null;
            _context.Counters.SessionsDurable.Decrement();
        }

        _stored = 0;
        if (stored != 0)
        {
            var deleted = DeleteAsync(stored);
            if ((durable is not null || _context.IsShared) && !await deleted.ConfigureAwait(false))
            {
                _registersAgain = durable is not null;
                throw new StaleEpochException(_key, stored);
            }
        }

        if (durable is null)
            return;
        foreach (var filter in durable.Subscriptions.Keys.Where(filter => !TopicFilters.IsShared(filter)))
            await durable.Routes.UnregisterAsync(filter).ConfigureAwait(false);
    }

    /// <summary>A session that goes on in the store would come back; if it has begun anew meanwhile, its epoch is another one.</summary>
    /// <returns>False when it has another owner.</returns>
    private async Task<bool> DeleteAsync(long epoch)
    {
        try
        {
            return await _context.Sessions.DeleteAsync(_key, epoch).ConfigureAwait(false);
        }
        catch (Exception error)
        {
            NotWritten(error);
            _context.Due.Schedule(_context.Due.Now + RetryAfter, () => _ = DeleteAsync(epoch));
            return true;
        }
    }

    private void ExpireAt(long due)
    {
        _expiry?.Dispose();
        _expiry = _context.Due.Schedule(due, RunDueWork);
    }
}
