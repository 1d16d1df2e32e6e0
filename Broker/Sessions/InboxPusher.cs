using Microsoft.Extensions.Logging;
using Starling.Broker.Contracts;
using Starling.Broker.Threading;

namespace Starling.Broker.Sessions;

/// <summary>Gets entries from the inbox to the edge that holds the connection, as far as the window has room for them.</summary>
internal sealed partial class InboxPusher(InboxState inbox, InboxWindow window)
{
    private const int PageSize = 256;
    private const long PageBytes = 256 * 1024;

    private static readonly TimeSpan RetryInterval = TimeSpan.FromSeconds(1);

    private bool _isPushing;

    private SessionContext Context => inbox.Context;

    /// <summary>Whether there are entries which go to the edge without anybody asking, or will when they are written or read.</summary>
    public bool IsAboutToPush
    {
        get
        {
            lock (inbox.Gate)
                return window.IsConnected && (_isPushing || (inbox.Numbers.PushNext < inbox.Numbers.Next && window.Room > 0));
        }
    }

    /// <summary>Pushes what may be pushed; nobody waits for it.</summary>
    public void Push() => Background.Run(PushAsync(), Context.Logger, "Push of inbox entries");

    /// <summary>One caller at a time pushes for all.</summary>
    private async Task PushAsync()
    {
        while (true)
        {
            IReadOnlyList<InboxEntry> entries;
            IInboxDelivery edge;
            SessionFencingToken token;
            long connection;
            InboxNumbers before;
            int room;
            int version;
            lock (inbox.Gate)
            {
                before = inbox.Numbers;
                room = window.Room;
                if (_isPushing || room <= 0 || window.Edge is null || before.PushNext >= before.Written)
                    return;
                _isPushing = true;
                (edge, connection, token, version) = (window.Edge, window.Connection, inbox.Token, window.Ahead.Version);
                entries = window.TakeFromMemory(room);
            }

            try
            {
                if (entries.Count == 0)
                    entries = FirstOf(await ReadAsync(token, before.PushNext).ConfigureAwait(false), room, before.Written, version);
                var live = Take(entries, connection, before);
                if (live.Count > 0)
                    await edge.DeliverInboxAsync(inbox.Session.Tenant, inbox.Session.ClientId, connection, token.Epoch, live).ConfigureAwait(false);
            }
            catch (Exception error)
            {
                // An unavailable store is reported by the store, once and not for each session.
                if (error is not StoreUnavailableException)
                    Log.PushFailed(Context.Logger, inbox.Session.Tenant, inbox.Session.ClientId, RetryInterval.TotalSeconds, error);
                Context.Due.Schedule(Context.Due.Now + (long)RetryInterval.TotalMilliseconds, Push);
                return;
            }
            finally
            {
                lock (inbox.Gate)
                    _isPushing = false;
            }
        }
    }

    private ValueTask<IReadOnlyList<InboxEntry>> ReadAsync(SessionFencingToken token, long from) =>
        Context.Inboxes.ReadAsync(token, from, PageSize, PageBytes);

    /// <summary>As many of a page as there is room for; the others are kept for the next push.</summary>
    private IReadOnlyList<InboxEntry> FirstOf(IReadOnlyList<InboxEntry> page, int room, long written, int version)
    {
        if (page.Count <= room)
            return page;
        lock (inbox.Gate)
        {
            if (version == window.Ahead.Version)
                window.Ahead.Fill(page[room - 1].Number + 1, page.Skip(room).TakeWhile(entry => entry.Number < written));
        }

        return [.. page.Take(room)];
    }

    /// <param name="connection">Which the entries are for.</param>
    /// <param name="before">The numbers when the entries were asked for.</param>
    private List<InboxEntry> Take(IReadOnlyList<InboxEntry> entries, long connection, InboxNumbers before)
    {
        lock (inbox.Gate)
        {
            if (!window.IsConnected || connection != window.Connection || before.PushNext != inbox.Numbers.PushNext)
                return [];
            var live = window.Push(entries, before.Written, out var finished);
            if (finished is not null)
                Background.Run(RemoveAsync(Context.Inboxes.AcknowledgeAsync(inbox.Token, finished)), Context.Logger, "Removal of inbox entries");
            return live;
        }
    }

    private static async Task RemoveAsync(ValueTask removal)
    {
        try
        {
            await removal.ConfigureAwait(false);
        }
        catch (Exception error) when (error is StoreUnavailableException or StaleEpochException)
        {
            // Whoever reads the inbox next finds them once more.
        }
    }

    private static partial class Log
    {
        [LoggerMessage(
            Level = LogLevel.Warning,
            Message = "Tenant {Tenant}: messages of '{ClientId}' could not be read or delivered to its edge; retrying in {Seconds} s")]
        public static partial void PushFailed(ILogger logger, string tenant, string clientId, double seconds, Exception error);
    }
}
