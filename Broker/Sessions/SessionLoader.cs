using Starling.Broker.Contracts;
using Starling.Broker.Threading;

namespace Starling.Broker.Sessions;

/// <summary>
/// Takes a session over from the store before anything is done with it, and again when another object turns out to have owned it meanwhile.
/// </summary>
/// <remarks>
/// A connection that the store knows and this object does not was accepted by another object. If its edge lives, so does the connection, and
/// this object resumes it: entries are pushed to it again from the oldest on. The connection passes over those that it has had, and
/// acknowledges again those that its client is done with. For that no number may be given twice in a connection: numbers are reserved in
/// the store before they are used (<see cref="Inbox.NextNumber"/>), so that this object begins above all that its predecessor may have
/// used, even if those entries are gone. If the edge is gone, the connection was lost with it, and what follows from that is done while
/// the session is loaded.
///
/// What the predecessor may still have under way when this object takes the session:
/// - An append. The store carries out either it or the taking first. If the append is first, its entries are found here. If not, it is
///   refused, and the predecessor repeats it with the session's new owner; nothing was written, so nothing is doubled. If the predecessor's
///   process dies before it knows, the publisher is not answered and repeats the message, which the inbox recognizes at QoS 2, and which
///   QoS 1 allows.
/// - Acknowledgements. If they are refused the entries stay; the predecessor is told and has the new owner acknowledge them. Entries
///   whose acknowledgement came before the taking are pushed again, and the connection, which has had them, acknowledges them again. If the
///   connection is gone by then, the next one gets them again with DUP, or PUBREL.
/// - What it leaves to other members of a shared subscription. The entry goes to the other member only in a transaction that finds it with
///   its owner's epoch unchanged, and removes it there.
/// - The end of the connection, its will, its expiry: see <see cref="SessionLife"/>.
/// </remarks>
internal sealed class SessionLoader(LoadedSession session, SessionOwnership ownership, SessionLife life)
{
    /// <summary>How often a call is carried out because another object owned the session meanwhile.</summary>
    public const int MaxTries = 5;

    private SessionContext Context => session.Context;

    /// <summary>Carries out in turn what a connection asks for, and again when another object has owned the session meanwhile.</summary>
    /// <param name="epoch">The connection's; 0 for whichever.</param>
    /// <param name="carryOut">Finds the session loaded, and checks for itself whether the connection is the current one.</param>
    public async ValueTask<T> InTurnAsync<T>(long epoch, Func<ValueTask<T>> carryOut)
    {
        for (var tries = 1; ; tries++)
        {
            await session.Turn.WaitAsync().ConfigureAwait(false);
            try
            {
                await LoadAsync(epoch).ConfigureAwait(false);
                return await carryOut().ConfigureAwait(false);
            }
            catch (StaleEpochException) when (tries < MaxTries)
            {
                session.Invalidate();
            }
            finally
            {
                session.Turn.Release();
            }
        }
    }

    /// <summary>Takes its turn and loads the session.</summary>
    /// <param name="epoch">Of a connection that asks, 0 for a message; either may be unknown to this object and known to the store.</param>
    /// <returns>What there is of it, once what was due has been done; null for a session that ends with its connection.</returns>
    public async ValueTask<DurableState?> LoadInTurnAsync(long epoch = 0)
    {
        await session.Turn.WaitAsync().ConfigureAwait(false);
        try
        {
            var before = session.IsLoaded;
            await LoadAsync(epoch).ConfigureAwait(false);
            if (epoch == 0 && session.Durable is null && before && Context.IsShared)
                await ReloadAsync().ConfigureAwait(false);
            return session.Durable;
        }
        finally
        {
            session.Turn.Release();
        }
    }

    /// <summary>Loads the session if it is not, or not up to date, and does what is due for it. Within the turn.</summary>
    /// <param name="epoch">Of a connection that may be newer than what this object knows.</param>
    public async ValueTask LoadAsync(long epoch = 0)
    {
        if (session.IsReleased)
            return;
        try
        {
            var fresh = !session.IsLoaded;
            if (fresh)
                await TakeAsync().ConfigureAwait(false);
            if (session.CurrentConnection is null && session.Durable is not null)
                await life.DoDueWorkAsync().ConfigureAwait(false);
            if (!fresh && session.IsNewerConnection(epoch))
                await ReloadAsync().ConfigureAwait(false);
        }
        catch when (session.IsLoaded)
        {
            session.Invalidate();
            throw;
        }
    }

    /// <summary>Takes the session once more. A connection that is stored nowhere stays, unless the store knows better. Within the turn.</summary>
    public async ValueTask ReloadAsync()
    {
        if (session.IsReleased)
            return;
        if (ownership.Epoch != 0 || session.Durable is not null)
            session.Unload();
        session.IsLoaded = false;
        await LoadAsync().ConfigureAwait(false);
    }

    /// <summary>Takes its turn and invalidates the session, unless that has been done already.</summary>
    public async ValueTask InvalidateInTurnAsync(DurableState outOfDate)
    {
        await session.Turn.WaitAsync().ConfigureAwait(false);
        try
        {
            if (session.Durable == outOfDate)
                session.Invalidate();
        }
        finally
        {
            session.Turn.Release();
        }
    }

    /// <summary>
    /// Does what is due for a session that nobody may have asked for since the process began. If another object takes it meanwhile, that one
    /// does what is due; were it taken back, the two could publish a will in turns for as long as neither gets to write that it is published.
    /// </summary>
    public async ValueTask WakeAsync()
    {
        await session.Turn.WaitAsync().ConfigureAwait(false);
        try
        {
            await LoadAsync().ConfigureAwait(false);
            if (session.CurrentConnection is { } connection && !session.IsReleased
                && !await Context.Cluster.IsAliveAsync(connection.Stored.EdgeId).ConfigureAwait(false))
                await life.EndLostConnectionAsync().ConfigureAwait(false);
        }
        catch (StaleEpochException)
        {
            session.UnloadForNow();
        }
        finally
        {
            session.Turn.Release();
        }
    }

    private async ValueTask TakeAsync()
    {
        var stored = await ownership.TakeAsync().ConfigureAwait(false);
        (session.IsLoaded, session.NeedsReload) = (true, false);
        if (stored is null)
        {
            session.MayBeElsewhere = session.CurrentConnection is null;
            session.IsWithoutInbox = true;
            return;
        }

        if (session.CurrentConnection is { } unwritten)
        {
            // Another object has begun the session anew.
            session.Unload();
            session.IsLoaded = true;
            Background.Run(life.CloseTakenOverAsync(unwritten.Stored), Context.Logger, "Close of a connection that was taken over");
        }

        await RestoreAsync(stored).ConfigureAwait(false);
    }

    private async ValueTask RestoreAsync(StoredSession stored)
    {
        var state = stored.State;
        session.ConnectionEpoch = Math.Max(session.ConnectionEpoch, Math.Max(state.ConnectionEpoch, state.Connection?.Epoch ?? 0));
        (session.ExpirySeconds, session.ExpiresAt) = (state.ExpirySeconds, state.ExpiresAt);
        session.Will = session.NewWill(state.Will);
        session.Owner = state.Owner;
        if (state.Connection is { Durable: false })
            session.IsWithoutInbox = true;
        else
            await RestoreDurableAsync(stored).ConfigureAwait(false);
        if (state.Connection is { } connection)
        {
            await RestoreConnectionAsync(connection).ConfigureAwait(false);
            return;
        }

        var now = Context.Due.Now;
        if (state.WillAt is { } willAt)
            session.Will?.WaitUntil(willAt);
        if (state.ExpiresAt is { } due && due > now)
            session.ExpireAt(due);
    }

    private async ValueTask RestoreDurableAsync(StoredSession stored)
    {
        var durable = new DurableState(session.Key, Context);
        foreach (var subscription in stored.Subscriptions)
            durable.Subscriptions[subscription.Filter] = subscription;
        durable.Received.UnionWith(stored.Received);
        durable.Inbox.Reset(stored.Inbox, stored.Hold);
        session.BecomeDurable(durable);
        if (!session.LostRoutes)
            return;
        foreach (var subscription in stored.Subscriptions)
            await durable.Routes.RegisterAsync(subscription, stored.State.Connection, session.ConnectionEpoch).ConfigureAwait(false);
        session.LostRoutes = false;
    }

    private async ValueTask RestoreConnectionAsync(StoredConnection connection)
    {
        var (ended, how) = session.LastEnded;
        var hasEnded = CurrentConnection.AreSame(ended, connection);
        if (hasEnded && how.ExpirySeconds is { } expiry && session.Durable is not null)
            session.ExpirySeconds = expiry;
        if (hasEnded || !await Context.Cluster.IsAliveAsync(connection.EdgeId).ConfigureAwait(false))
        {
            await life.EndConnectionAsync(hasEnded ? how : SessionLife.Unknown, isTaken: true).ConfigureAwait(false);
            return;
        }

        session.CurrentConnection = new CurrentConnection(connection, address: null);
        if (session.StartInbox(connection) is { } started)
            started.Inbox.Push();
        else if (connection is { ReceiveMaximum: 0, Durable: true })
            ProbeConnection(connection);
    }

    /// <summary>
    /// Pushes nothing to a connection that does not take entries yet: if its edge never gets to have it, because it gave up the CONNECT, the
    /// edge says so.
    /// </summary>
    private void ProbeConnection(StoredConnection connection)
    {
        if (Context.Cluster.Edge(connection.EdgeId) is not { } edge)
            return;
        Background.Run(
            edge.DeliverInboxAsync(session.Key.Tenant, session.Key.ClientId, connection.Epoch, ownership.Epoch, []),
            Context.Logger,
            "Probe of a connection");
    }
}
