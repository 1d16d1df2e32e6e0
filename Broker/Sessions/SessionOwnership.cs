using Starling.Broker.Contracts;
using Starling.Broker.Threading;

namespace Starling.Broker.Sessions;

/// <summary>
/// Which object owns a session, as the store decides it: taking the session from the store raises its epoch, every write names the epoch,
/// and the store refuses writes that name an older one. Used within the session's turn.
/// </summary>
internal sealed class SessionOwnership(LoadedSession session)
{
    private long _highestEpoch;

    /// <summary>This object's; 0 when nothing is stored.</summary>
    public long Epoch { get; private set; }

    /// <summary>Done when the last <see cref="SaveInBackground"/> is. Does not fail.</summary>
    public Task Saving { get; private set; } = Task.CompletedTask;

    private ISessionStore Store => session.Context.Sessions;

    /// <summary>Becomes the owner of what is stored.</summary>
    /// <returns>Null when nothing is.</returns>
    public async ValueTask<StoredSession?> TakeAsync()
    {
        var stored = await Store.TakeAsync(session.Key, session.Context.Due.Now).ConfigureAwait(false);
        Epoch = stored?.State.Epoch ?? 0;
        if (stored is not null)
            _highestEpoch = Epoch;
        return stored;
    }

    /// <returns>What later writes name.</returns>
    /// <exception cref="StaleEpochException">Another object owns the session, or has ended it.</exception>
    public ValueTask<SessionFencingToken> SaveAsync() =>
        SaveAsync(session.Durable?.Inbox.NextNumber(connected: session.CurrentConnection is not null) ?? 0);

    /// <inheritdoc cref="SaveAsync()"/>
    /// <param name="nextNumber">See <see cref="SessionState.NextNumber"/>.</param>
    public async ValueTask<SessionFencingToken> SaveAsync(long nextNumber)
    {
        var expected = Epoch;
        if (Epoch == 0)
            Epoch = _highestEpoch = Math.Max(_highestEpoch + 1, session.Context.Due.Now);
        return await Store.SaveAsync(session.Key, expected, session.ToStored(Epoch, nextNumber)).ConfigureAwait(false);
    }

    public void SaveInBackground() => Saving = SaveOrLogAsync();

    /// <summary>Asks the store, where other processes use it, whether this object still is the owner.</summary>
    /// <exception cref="StaleEpochException">It is not.</exception>
    public async ValueTask ConfirmAsync()
    {
        if (session.Context.IsShared && Epoch != 0)
            await SaveAsync().ConfigureAwait(false);
    }

    /// <summary>Removes the session from the store. If the store is unavailable it is tried again later.</summary>
    /// <param name="isAwaited">False where nobody else can be the owner and nobody has to wait.</param>
    /// <exception cref="StaleEpochException">Another object owns the session: it stays.</exception>
    public async ValueTask DeleteAsync(bool isAwaited)
    {
        var epoch = Epoch;
        if (epoch == 0)
            return;
        Epoch = 0;
        var deleting = TryDeleteAsync(epoch);
        if (!isAwaited)
            Background.Run(deleting, session.Context.Logger, "Removal of a session");
        else if (!await deleting.ConfigureAwait(false))
            throw new StaleEpochException(session.Key, epoch);
    }

    /// <summary>If the session has begun anew meanwhile, it has another epoch and stays.</summary>
    /// <returns>False when it has another owner.</returns>
    private async Task<bool> TryDeleteAsync(long epoch)
    {
        try
        {
            return await Store.DeleteAsync(session.Key, epoch).ConfigureAwait(false);
        }
        catch (Exception error)
        {
            SessionLog.NotSaved(session, error);
            session.Context.Due.Schedule(
                session.Context.Due.Now + LoadedSession.RetryAfter,
                () => Background.Run(TryDeleteAsync(epoch), session.Context.Logger, "Removal of a session"));
            return true;
        }
    }

    private async Task SaveOrLogAsync()
    {
        try
        {
            await SaveAsync().ConfigureAwait(false);
        }
        catch (Exception error)
        {
            SessionLog.NotSaved(session, error);
        }
    }
}
