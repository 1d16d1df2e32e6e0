using Starling.Broker.Contracts;
using Starling.Broker.Threading;
using Starling.Protocol;

namespace Starling.Broker.Sessions;

/// <summary>How the connections of a session end, and how the session does: will, expiry, removal.</summary>
/// <remarks>
/// Wills, hand-overs and the removal of routes can't be undone, and no store keeps another object from doing them too. So the store is
/// asked first whether this object still owns the session (<see cref="SessionOwnership.ConfirmAsync"/>). If it does not, the session is
/// loaded again, and most often nothing is left to do. What remains is a takeover between the question and the deed: the will may then be
/// published twice, but never not at all. Entries that are handed over name the owner's epoch and stay where they are if it is an old one.
/// Routes are removed after the session's row, which only the owner can remove.
///
/// Used within the session's turn.
/// </remarks>
internal sealed class SessionLife(LoadedSession session, SessionOwnership ownership)
{
    /// <summary>How a connection ended that did not say: its will is due, and every entry may have reached the client.</summary>
    public static readonly SessionDisconnect Unknown = new(PublishWill: true, SentBelow: long.MaxValue);

    private static readonly TimeSpan CloseTimeout = TimeSpan.FromSeconds(5);

    private SessionContext Context => session.Context;

    /// <summary>
    /// Has the edge of a connection that is taken over close it with 0x8E. Returns after five seconds at the latest, whether the edge has
    /// answered or not. May be called without the turn.
    /// </summary>
    public async ValueTask CloseTakenOverAsync(StoredConnection connection)
    {
        Context.Counters.SessionsTakenOver.Increment();
        SessionLog.TakenOver(Context.Logger, session.Key.Tenant, session.Key.ClientId, connection.Epoch);
        try
        {
            // It may have joined so lately that it is not known here.
            if (Context.Cluster.Edge(connection.EdgeId) is null)
                await Context.Cluster.IsAliveAsync(connection.EdgeId).ConfigureAwait(false);
            if (Context.Cluster.Edge(connection.EdgeId) is { } edge)
            {
                await edge.CloseAsync(session.Key.Tenant, session.Key.ClientId, connection.Epoch, ReasonCode.SessionTakenOver)
                    .AsTask().WaitAsync(CloseTimeout, Context.Time).ConfigureAwait(false);
            }
        }
        catch (Exception error)
        {
            SessionLog.CloseNotConfirmed(Context.Logger, session.Key.Tenant, session.Key.ClientId, connection.EdgeId, error);
        }
    }

    /// <summary>The connection is gone; the session stays without it, or ends with it.</summary>
    /// <param name="isTaken">The session has just been taken from the store: nothing has to be confirmed.</param>
    public async ValueTask EndConnectionAsync(SessionDisconnect disconnect, bool isTaken = false)
    {
        var ends = session.ExpirySeconds == 0;
        if (!isTaken && (ends || (disconnect.PublishWill && session.Will is not null)))
            await ownership.ConfirmAsync().ConfigureAwait(false);
        session.CurrentConnection = null;
        var durable = session.Durable;
        durable?.Inbox.Stop(disconnect.SentBelow);
        if (!disconnect.PublishWill)
            session.Will?.Cancel();
        else if (!ends && session.Will is { } will)
            await will.ConnectionLostAsync(session.ExpirySeconds).ConfigureAwait(false);

        if (ends || durable is null)
        {
            await EndSessionAsync().ConfigureAwait(false);
            return;
        }

        session.ExpiresAt = session.ExpirySeconds == uint.MaxValue ? null : Context.Due.Now + (session.ExpirySeconds * 1000L);
        await SaveDisconnectedAsync().ConfigureAwait(false);
        if (session.ExpiresAt is { } due)
            session.ExpireAt(due);
        // Members of shared subscriptions that are away get messages only when no other member is there.
        foreach (var subscription in durable.Subscriptions.Values.Where(s => TopicFilters.IsShared(s.Filter)))
            await durable.Routes.RegisterAsync(subscription, connection: null, session.ConnectionEpoch).ConfigureAwait(false);
        await durable.Routes.HandOverAsync(durable.Subscriptions.Values).ConfigureAwait(false);
    }

    /// <summary>The connection is gone with its edge.</summary>
    public async ValueTask EndLostConnectionAsync()
    {
        try
        {
            await EndConnectionAsync(Unknown).ConfigureAwait(false);
        }
        catch (Exception error) when (error is not StaleEpochException)
        {
            session.Invalidate();
            throw;
        }
    }

    /// <summary>The session ends, and with it the delay of its will.</summary>
    public async ValueTask EndSessionAsync()
    {
        // Before the row goes: a will that is published twice after a crash is better than one that is lost.
        if (session.Will is { } will)
            await will.PublishAsync().ConfigureAwait(false);
        var durable = session.Durable;
        if (durable is not null)
        {
            foreach (var filter in durable.Subscriptions.Keys.Where(TopicFilters.IsShared))
                await durable.Routes.UnregisterAsync(filter).ConfigureAwait(false);
            await durable.Routes.HandOverAsync(durable.Subscriptions.Values).ConfigureAwait(false);
            session.IsWithoutInbox = true;
            session.CloseInbox();
        }

        try
        {
            await ownership.DeleteAsync(isAwaited: durable is not null || Context.IsShared).ConfigureAwait(false);
        }
        catch (StaleEpochException) when (durable is not null)
        {
            session.LostRoutes = true;
            throw;
        }

        session.Owner = null;
        if (durable is null)
            return;
        foreach (var filter in durable.Subscriptions.Keys.Where(filter => !TopicFilters.IsShared(filter)))
            await durable.Routes.UnregisterAsync(filter).ConfigureAwait(false);
    }

    /// <summary>Does what is due for a session without a connection: its end, or its will.</summary>
    public async ValueTask DoDueWorkAsync()
    {
        var now = Context.Due.Now;
        if (session.ExpiresAt <= now)
        {
            await ownership.ConfirmAsync().ConfigureAwait(false);
            Context.Counters.SessionsExpired.Increment();
            await EndSessionAsync().ConfigureAwait(false);
        }
        else if (session.Will is { } will && will.DueAt <= now)
        {
            await ownership.ConfirmAsync().ConfigureAwait(false);
            await will.PublishAsync().ConfigureAwait(false);
            await SaveDisconnectedAsync().ConfigureAwait(false);
        }
    }

    /// <summary>
    /// Saves the session without a connection. Where no other process uses the store, an unavailable store is told later: should the process
    /// die before that, the store has a connection that ended with its edge. Where the edge may live on, the edge is told instead.
    /// </summary>
    public async ValueTask SaveDisconnectedAsync()
    {
        try
        {
            await ownership.SaveAsync().ConfigureAwait(false);
        }
        catch (Exception error) when (error is not StaleEpochException && !Context.IsShared)
        {
            SessionLog.NotSaved(session, error);
            Context.Due.Schedule(
                Context.Due.Now + LoadedSession.RetryAfter, () => Background.Run(SaveDisconnectedInTurnAsync(), Context.Logger, "Save of a session"));
        }
    }

    private async Task SaveDisconnectedInTurnAsync()
    {
        await session.Turn.WaitAsync().ConfigureAwait(false);
        try
        {
            if (session.CurrentConnection is null && session.Durable is not null)
                await SaveDisconnectedAsync().ConfigureAwait(false);
        }
        catch (Exception error)
        {
            SessionLog.NotSaved(session, error);
            session.Invalidate();
        }
        finally
        {
            session.Turn.Release();
        }
    }
}
