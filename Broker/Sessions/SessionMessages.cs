using Starling.Broker.Contracts;
using Starling.Broker.Messages;
using Starling.Broker.Threading;

namespace Starling.Broker.Sessions;

/// <summary>
/// The messages of a durable session: what comes for it, what its client acknowledges, and QoS 2 messages of the client. None of it takes a
/// turn as long as this object owns the session. What the store refuses because another object does is carried out again with what that
/// one has left in the store.
/// </summary>
/// <param name="owner">Told when there turns out to be nothing to remember.</param>
internal sealed class SessionMessages(Session owner, LoadedSession session, SessionLoader loader)
{
    private SessionContext Context => session.Context;

    private SessionKey Key => session.Key;

    public async ValueTask EnqueueAsync(IReadOnlyList<Delivery> deliveries)
    {
        var durable = session.Durable;
        for (var tries = 1; ; tries++)
        {
            try
            {
                if (durable is not null && await durable.Inbox.EnqueueAsync(deliveries).ConfigureAwait(false))
                    return;
            }
            catch (StaleEpochException)
            {
                await loader.InvalidateInTurnAsync(durable!).ConfigureAwait(false);
                if (tries == SessionLoader.MaxTries)
                    throw;
            }

            // Not asked within the turn: a session that publishes its will has the turn, and the will may come back to it.
            if (session.IsWithoutInbox && !Context.IsShared)
                return;
            durable = await loader.LoadInTurnAsync().ConfigureAwait(false);
            if (durable is not null)
                continue;
            if (session.IsReleased)
                await Context.Cluster.Session(Key.Tenant, Key.ClientId).EnqueueAsync(deliveries).ConfigureAwait(false);
            else
                Context.Idle(owner, Key);
            return;
        }
    }

    public async ValueTask<InboxSummary?> ReplayAsync(string filter, IReadOnlyList<Delivery> deliveries) => await loader.InTurnAsync(0, async () =>
    {
        if (session.Durable?.Subscriptions.ContainsKey(filter) != true && Context.IsShared)
            await loader.ReloadAsync().ConfigureAwait(false);
        if (session.Durable is not { } durable || !durable.Subscriptions.ContainsKey(filter))
            return (InboxSummary?)null;
        if (deliveries.Count > 0)
            await durable.Inbox.EnqueueAsync(deliveries).ConfigureAwait(false);
        return durable.Inbox.Summary;
    }).ConfigureAwait(false);

    public async ValueTask AcknowledgeAsync(long epoch, IReadOnlyList<InboxAck> acks)
    {
        for (var tries = 1; ; tries++)
        {
            if (!session.IsLoaded || session.IsNewerConnection(epoch))
                await loader.LoadInTurnAsync(epoch).ConfigureAwait(false);
            if (epoch != session.ConnectionEpoch)
            {
                if (acks.Any(ack => ack.Received))
                    throw new StaleEpochException(Key, epoch);
                return;
            }

            if (session.Durable is not { } durable)
            {
                if (session.IsLoaded || tries == SessionLoader.MaxTries)
                    return;
                continue;
            }

            try
            {
                await durable.Inbox.AcknowledgeAsync(acks, Context.IsShared ? () => Reacknowledge(durable, epoch, acks) : null).ConfigureAwait(false);
                return;
            }
            catch (StaleEpochException) when (tries < SessionLoader.MaxTries)
            {
                await loader.InvalidateInTurnAsync(durable).ConfigureAwait(false);
            }
        }
    }

    public async ValueTask RecordReceivedAsync(long epoch, IReadOnlyList<ushort> received, IReadOnlyList<ushort> released)
    {
        for (var tries = 1; ; tries++)
        {
            if (!session.IsLoaded || session.IsNewerConnection(epoch))
                await loader.LoadInTurnAsync(epoch).ConfigureAwait(false);
            if (epoch != session.ConnectionEpoch)
                throw new StaleEpochException(Key, epoch);
            if (session.Durable is not { } durable)
            {
                if (session.IsLoaded)
                    return;
                if (tries == SessionLoader.MaxTries)
                    throw new StaleEpochException(Key, epoch);
                continue;
            }

            try
            {
                await durable.RecordReceivedAsync(Context.Sessions, received, released).ConfigureAwait(false);
                return;
            }
            catch (StaleEpochException) when (tries < SessionLoader.MaxTries)
            {
                await loader.InvalidateInTurnAsync(durable).ConfigureAwait(false);
            }
        }
    }

    /// <summary>
    /// Nobody waits for the removal of entries, so it is only found later that another object owns the session, which still counts them
    /// as sent and not acknowledged. They are acknowledged again then, by the session as it is. Should that fail, this object takes the
    /// session later, pushes to the connection what is there, and is told again which entries are finished.
    /// </summary>
    private void Reacknowledge(DurableState refused, long epoch, IReadOnlyList<InboxAck> acks) =>
        Background.Run(ReacknowledgeAsync(refused, epoch, acks), Context.Logger, "Repeated acknowledgement of inbox entries");

    private async Task ReacknowledgeAsync(DurableState refused, long epoch, IReadOnlyList<InboxAck> acks)
    {
        try
        {
            await loader.InvalidateInTurnAsync(refused).ConfigureAwait(false);
            await AcknowledgeAsync(epoch, acks).ConfigureAwait(false);
        }
        catch (Exception error)
        {
            SessionLog.NotSaved(session, error);
        }
    }
}
