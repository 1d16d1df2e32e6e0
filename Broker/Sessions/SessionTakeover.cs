using Starling.Broker.Contracts;
using Starling.Broker.Tenants;
using Starling.Broker.Tenants.Collisions;
using Starling.Broker.Tenants.Quotas;
using Starling.Protocol;

namespace Starling.Broker.Sessions;

/// <summary>How one CONNECT makes its connection the session's current one.</summary>
/// <remarks>
/// Takeover ([MQTT-3.1.4-3]): a connection that arrives while the session has another one
/// 1. asks the older connection's edge to close it with 0x8E and waits for at most five seconds
///    (<see cref="SessionLife.CloseTakenOverAsync"/>);
/// 2. ends the older connection here: its will is published or its delay begins, what it did not acknowledge goes back in line;
/// 3. gets a higher epoch, which is written to the store together with its edge.
/// If the old edge does not answer, 2 and 3 happen all the same. Its connection can do no more harm: every call that it makes carries the
/// old epoch and does nothing here, and every write of another object of this session is refused by the store.
///
/// Connections arrive one at a time. While step 1 waits nobody has the turn: the older connection may be in the middle of a call that needs
/// it (SUBSCRIBE, its own start or end), and can't end before that is through.
///
/// An answer may be lost between processes, and CONNECT be asked again (<see cref="SessionConnect.Attempt"/>), perhaps of another object.
/// Before step 3 is written, nothing has happened that asking again does not do as well. After it, the stored connection has the attempt:
/// it is answered as before, and what may be missing behind step 3, the shards' routes, is made up for. So a client that gets an answer
/// has one connection, which closed one older connection and published one will.
///
/// A CONNECT may wait for long, for an edge that does not answer or an unavailable store, and its client may have connected anew by
/// another object meanwhile. So it ends no connection but the one that it found when it came: to any other one it is the older one.
///
/// A session belongs to the user that made it (<see cref="LoadedSession.Owner"/>): another user of the tenant with the same client id is
/// refused, whether it wants a clean start or not, and the connection that is there stays. The session of an anonymous client, or of a user
/// that is gone, is no obstacle: the first is taken over with what is in it, the second is thrown away.
///
/// The store has nothing of a session that ends with its connection and has no will. An object that finds nothing there asks all edges to
/// close what they have of the client, and takes an epoch above the one that they report.
/// </remarks>
/// <param name="abandoned">The client has been refused meanwhile: the session stays as if it had never asked.</param>
internal sealed class SessionTakeover(
    LoadedSession session,
    SessionOwnership ownership,
    SessionLife life,
    SessionLoader loader,
    SessionConnect connect,
    CancellationToken abandoned)
{
    private bool _hasLooked;
    private StoredConnection? _older;

    private SessionContext Context => session.Context;

    /// <exception cref="OperationCanceledException">It was abandoned.</exception>
    public async ValueTask<SessionConnected> RunAsync()
    {
        for (var tries = 1; ; tries++)
        {
            try
            {
                return await ArriveAsync().ConfigureAwait(false);
            }
            catch (StaleEpochException) when (tries < SessionLoader.MaxTries)
            {
                // Another object has owned the session meanwhile; what was known here is invalidated.
            }
        }
    }

    private async ValueTask<SessionConnected> ArriveAsync()
    {
        await session.Arrivals.WaitOrLeaveAsync(abandoned).ConfigureAwait(false);
        try
        {
            if (session.IsReleased)
                return await Context.Cluster.Session(session.Key.Tenant, session.Key.ClientId).ConnectAsync(connect, abandoned).ConfigureAwait(false);
            var above = 0L;
            var older = await FindOlderAsync().ConfigureAwait(false);
            if (IsAnotherUsers)
                return Refused(ReasonCode.ClientIdentifierNotValid);
            if (older is null)
                above = await EvictAsync().ConfigureAwait(false);
            else if (!older.IsMadeBy(connect))
            {
                if (!MayEnd(older))
                    return Refused(ReasonCode.ServerBusy);
                if (older.Address is { } before && connect.Address is { } now
                    && Context.Collisions.Observe(Context.Tenant, session.Key.ClientId, before, now) == TakeoverVerdict.KeepOlder)
                    return Refused(ClientIdCollisions.RefusalReason);
                await life.CloseTakenOverAsync(older.Stored).ConfigureAwait(false);
            }

            return await BecomeCurrentInTurnAsync(above).ConfigureAwait(false);
        }
        finally
        {
            session.Arrivals.Release();
        }
    }

    private async ValueTask<CurrentConnection?> FindOlderAsync()
    {
        await session.Turn.WaitOrLeaveAsync(abandoned).ConfigureAwait(false);
        try
        {
            await loader.LoadAsync().ConfigureAwait(false);
            abandoned.ThrowIfCancellationRequested();
            if (!_hasLooked)
                (_hasLooked, _older) = (true, session.CurrentConnection?.Stored);
            return session.CurrentConnection;
        }
        finally
        {
            session.Turn.Release();
        }
    }

    /// <summary>Whether there is a session or a connection that belongs to a user that the tenant has, and the client is not that user.</summary>
    private bool IsAnotherUsers =>
        BelongsToSomebodyElse && !IsOfFormerUser;

    /// <summary>Its user is gone: nobody could come back for it, and what waits in it is for nobody else.</summary>
    private bool IsOfFormerUser => BelongsToSomebodyElse && !Context.Tenant.HasUser(session.Owner!);

    private bool BelongsToSomebodyElse =>
        session is { Owner: not null, IsOver: false } && connect.User is { } user && user.Name != session.Owner;

    private bool MayEnd(CurrentConnection connection) => CurrentConnection.AreSame(_older, connection.Stored);

    /// <returns>The epoch of a connection that this object could not know of; 0 for none.</returns>
    private async ValueTask<long> EvictAsync()
    {
        if (!session.MayBeElsewhere)
            return 0;
        var epoch = await Context.Cluster.EvictAsync(session.Key.Tenant, session.Key.ClientId).ConfigureAwait(false);
        session.MayBeElsewhere = false;
        return epoch;
    }

    private async ValueTask<SessionConnected> BecomeCurrentInTurnAsync(long above)
    {
        await session.Turn.WaitOrLeaveAsync(abandoned).ConfigureAwait(false);
        CurrentConnection? made = null;
        PendingWill? replaced = null;
        try
        {
            // The end of the older connection may have failed at the store, and what was known here have been invalidated.
            await loader.LoadAsync().ConfigureAwait(false);
            if (session.CurrentConnection is { } current)
            {
                if (current.IsMadeBy(connect))
                    return await AnswerAsync(current).ConfigureAwait(false);
                if (!MayEnd(current))
                    return Refused(ReasonCode.ServerBusy);
                // It has not ended by itself, so it did not say goodbye, nor which entries it sent: all that were pushed may have been.
                await life.EndConnectionAsync(SessionLife.Unknown).ConfigureAwait(false);
            }

            if (IsAnotherUsers)
                return Refused(ReasonCode.ClientIdentifierNotValid);
            if ((connect.CleanStart || IsOfFormerUser) && (session.Durable is not null || session.Will is not null))
            {
                await ownership.ConfirmAsync().ConfigureAwait(false);
                await life.EndSessionAsync().ConfigureAwait(false);
            }

            if (session.Durable is null && connect.ExpirySeconds > 0
                && Context.Counters.SessionsDurable.Value >= Context.Tenant.Options.Limits.DurableSessions)
                return Refused(Context.Tenant.Quotas.Refuse(TenantLimit.DurableSessions));

            var before = (session.Will, session.ExpirySeconds, session.ExpiresAt, session.Owner);
            replaced = before.Will;
            session.CancelExpiry();
            made = MakeConnection(above);
            if (!made.Stored.Durable)
                return await BeginWithoutInboxAsync(made, replaced).ConfigureAwait(false);

            await SaveDurableAsync(before).ConfigureAwait(false);
            replaced?.Cancel();
            return await AnswerAsync(made).ConfigureAwait(false);
        }
        catch (Exception error)
        {
            // There will be no connection, whatever the store has of it; unless it is tried again: another object that was asked as well
            // may have made it, even with the same epoch.
            if (made is not null && (error is not StaleEpochException || abandoned.IsCancellationRequested))
                session.LastEnded = (made.Stored, new SessionDisconnect(PublishWill: false));
            replaced?.Cancel();
            session.Invalidate();
            throw;
        }
        finally
        {
            session.Turn.Release();
        }
    }

    private CurrentConnection MakeConnection(long above)
    {
        var present = session.Durable is not null;
        var epoch = session.ConnectionEpoch = Math.Max(Math.Max(session.ConnectionEpoch, above) + 1, Context.Due.Now);
        var made = new CurrentConnection(
            new StoredConnection(
                connect.EdgeId, epoch, connect.Attempt, ReceiveMaximum: 0, Durable: present || connect.ExpirySeconds > 0, present),
            connect.Address);
        session.CurrentConnection = made;
        session.ExpirySeconds = connect.ExpirySeconds;
        session.Will = session.NewWill(connect.Will);
        // An edge of an earlier version does not tell the user: then the session stays whose it is.
        if (connect.User is { } user)
            session.Owner = user.Name;
        return made;
    }

    /// <summary>The session ends with its connection: only a will is stored.</summary>
    private async ValueTask<SessionConnected> BeginWithoutInboxAsync(CurrentConnection made, PendingWill? replaced)
    {
        replaced?.Cancel();
        made.IsRegistered = true;
        // Its will must outlive the process; the client waits for that only where the connection may outlive the process too.
        if (session.Will is not null && Context.IsShared)
            await ownership.SaveAsync().ConfigureAwait(false);
        else if (session.Will is not null)
            ownership.SaveInBackground();
        return Answer(made);
    }

    /// <param name="before">What the session goes back to if the client did not wait for the store.</param>
    private async ValueTask SaveDurableAsync((PendingWill? Will, uint ExpirySeconds, long? ExpiresAt, string? Owner) before)
    {
        var present = session.Durable is not null;
        var durable = session.Durable ?? new DurableState(session.Key, Context);
        var next = durable.Inbox.NextNumber(connected: true);
        durable.Inbox.Token = await ownership.SaveAsync(next).ConfigureAwait(false);
        durable.Inbox.Reserved(next);
        if (abandoned.IsCancellationRequested)
        {
            session.CurrentConnection = null;
            session.Will?.Cancel();
            (session.Will, session.ExpirySeconds, session.ExpiresAt, session.Owner) = before;
            if (present)
                await life.SaveDisconnectedAsync().ConfigureAwait(false);
            else
                await life.EndSessionAsync().ConfigureAwait(false);
            abandoned.ThrowIfCancellationRequested();
        }

        if (!present)
            session.BecomeDurable(durable);
    }

    /// <summary>Answers once the shards know of the connection.</summary>
    private async ValueTask<SessionConnected> AnswerAsync(CurrentConnection connection)
    {
        if (!connection.IsRegistered && session.Durable is { } durable)
        {
            foreach (var subscription in durable.Subscriptions.Values)
                await durable.Routes.RegisterAsync(subscription, connection.Stored, session.ConnectionEpoch).ConfigureAwait(false);
        }

        connection.IsRegistered = true;
        return Answer(connection);
    }

    private SessionConnected Answer(CurrentConnection connection) => new(
        ReasonCode.Success,
        connection.Stored.SessionPresent,
        connection.Stored.Durable,
        connection.Stored.Epoch,
        session.Durable?.Inbox.Token.Id ?? 0,
        session.Durable is null ? [] : [.. session.Durable.Subscriptions.Values],
        session.Durable is null ? [] : [.. session.Durable.Received]);

    private static SessionConnected Refused(ReasonCode reason) => new(reason, SessionPresent: false, Durable: false, Epoch: 0, SessionId: 0, [], []);
}
