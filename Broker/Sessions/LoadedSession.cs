using Starling.Broker.Contracts;
using Starling.Broker.Threading;

namespace Starling.Broker.Sessions;

/// <summary>
/// What one object knows of its session: what it has loaded from the store, and what has happened since. Changed within
/// <see cref="Turn"/> only; whoever reads it without the turn gets what was true a moment ago.
/// </summary>
/// <param name="runDueWork">Called, on any thread, when something is due for the session.</param>
internal sealed class LoadedSession(SessionKey key, SessionContext context, Action runDueWork)
{
    /// <summary>Milliseconds after which a failed write is repeated, or an invalidated session is loaded.</summary>
    public const long RetryAfter = 1000;

    private volatile DurableState? _durable;
    private volatile CurrentConnection? _connection;
    private volatile bool _isLoaded;
    private volatile bool _isWithoutInbox;
    private IDisposable? _expiry;
    private IDisposable? _reload;

    public SessionKey Key => key;

    public SessionContext Context => context;

    /// <summary>Connections arrive one at a time.</summary>
    public AsyncLock Arrivals { get; } = new();

    /// <summary>Whatever changes the connection or the subscriptions is done in turn. Taken after <see cref="Arrivals"/> where both are.</summary>
    public AsyncLock Turn { get; } = new();

    /// <summary>Whether the session has been taken from the store.</summary>
    public bool IsLoaded
    {
        get => _isLoaded;
        set => _isLoaded = value;
    }

    /// <summary>What was known is out of date and is loaded again soon, whether anybody asks or not.</summary>
    public bool NeedsReload { get; set; }

    /// <summary>This object is not the session any more and never will be again: calls are passed on.</summary>
    public bool IsReleased { get; set; }

    /// <summary>Null for a session that ends with its connection.</summary>
    public DurableState? Durable => _durable;

    /// <summary>Whether it is known that there is no inbox for messages.</summary>
    public bool IsWithoutInbox
    {
        get => _isWithoutInbox;
        set => _isWithoutInbox = value;
    }

    public CurrentConnection? CurrentConnection
    {
        get => _connection;
        set => _connection = value;
    }

    /// <summary>The highest that a connection of the session has had.</summary>
    public long ConnectionEpoch { get; set; }

    /// <summary>The last connection that has ended, or never began although the store may have it: it is not resumed.</summary>
    public (StoredConnection? Connection, SessionDisconnect How) LastEnded { get; set; } = (null, SessionDisconnect.Lost);

    /// <summary>Nothing is stored, and the edges have not been asked for a connection since that was found.</summary>
    public bool MayBeElsewhere { get; set; }

    /// <summary>The end of the session removed routes, and then the session turned out to have another owner.</summary>
    public bool LostRoutes { get; set; }

    public PendingWill? Will { get; set; }

    /// <summary>See <see cref="SessionState.Owner"/>.</summary>
    public string? Owner { get; set; }

    public uint ExpirySeconds { get; set; }

    /// <summary>Unix time in milliseconds; null while there is a connection, and when the session never expires.</summary>
    public long? ExpiresAt { get; set; }

    /// <summary>Whether there is nothing to remember: no connection, nothing durable, no will that waits.</summary>
    public bool IsOver => _connection is null && _durable is null && !NeedsReload && Will is not { IsWaiting: true };

    /// <summary>Whether a connection may be one that another object has accepted.</summary>
    public bool IsNewerConnection(long epoch) => epoch > ConnectionEpoch && context.IsShared;

    public PendingWill? NewWill(SessionWill? will) => will is null ? null : new PendingWill(will, key.Tenant, context, runDueWork);

    /// <summary>From now on messages may come for it: it is ready to take them.</summary>
    public void BecomeDurable(DurableState durable)
    {
        context.Counters.SessionsDurable.Increment();
        _isWithoutInbox = false;
        _durable = durable;
    }

    public void CloseInbox()
    {
        if (_durable is not { } durable)
            return;
        durable.Inbox.Close();
        _durable = null;
        context.Counters.SessionsDurable.Decrement();
    }

    /// <summary>Begins to push to the connection, if it takes entries and its edge is known.</summary>
    /// <returns>What pushes, or null.</returns>
    public DurableState? StartInbox(StoredConnection connection)
    {
        if (_durable is not { } durable || connection.ReceiveMaximum == 0 || context.Cluster.Edge(connection.EdgeId) is not { } edge)
            return null;
        durable.Inbox.Start(edge, connection.Epoch, connection.ReceiveMaximum);
        return durable;
    }

    public void ExpireAt(long due)
    {
        _expiry?.Dispose();
        _expiry = context.Due.Schedule(due, runDueWork);
    }

    public void CancelExpiry()
    {
        _expiry?.Dispose();
        ExpiresAt = null;
    }

    /// <summary>Forgets what was loaded; the next call loads it again.</summary>
    public void Unload()
    {
        _isLoaded = _isWithoutInbox = false;
        _connection = null;
        CancelExpiry();
        Will?.Cancel();
        CloseInbox();
    }

    /// <summary>What was loaded may be out of date: it is forgotten, and loaded again soon if no call does it first.</summary>
    public void Invalidate()
    {
        Unload();
        NeedsReload = true;
        ReloadLater();
    }

    public void ReloadLater()
    {
        _reload?.Dispose();
        _reload = context.Due.Schedule(context.Due.Now + RetryAfter, runDueWork);
    }

    /// <summary>Forgets what was loaded, and does not load it again unless a call comes.</summary>
    public void UnloadForNow()
    {
        Unload();
        NeedsReload = false;
        _reload?.Dispose();
    }

    public SessionState ToStored(long epoch, long nextNumber) =>
        new(epoch, _connection?.Stored, ExpirySeconds, ExpiresAt, Will?.Current, Will?.DueAt, nextNumber, ConnectionEpoch, Owner);
}
