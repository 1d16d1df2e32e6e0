using Microsoft.Extensions.Logging;
using Starling.Broker.Contracts;
using Starling.Broker.Messages;
using Starling.Broker.Threading;
using Starling.Broker.Time;

namespace Starling.Broker.Retained;

/// <summary>
/// What a shard's index has and the store has not yet. One write is under way at a time, so that the store sees a topic's messages in the
/// order of the index; meanwhile the latest message of each topic waits. What the store has no room for waits again, and is tried again later:
/// in the end index and store are the same. A message that the store rejects for what it is (<see cref="MessagesRejectedException"/>) is
/// found by halves, dropped and told. Thread-safe.
/// </summary>
/// <param name="tenant">Whose messages they are.</param>
/// <param name="store">Gets them.</param>
/// <param name="due">Says when to try again.</param>
/// <param name="logger">Told when the store begins to refuse, and when it takes everything again.</param>
/// <param name="written">Called with messages that are in the store now.</param>
/// <param name="rejected">Called with a message that the store will not take, ever.</param>
/// <param name="token">The shard that writes; null when no other process can be it.</param>
/// <param name="stale">Called when another process is the shard; nothing is tried again then.</param>
internal sealed partial class RetainedWrites(
    string tenant,
    IRetainedStore store,
    DelayQueue due,
    ILogger logger,
    Action<List<Message>>? written,
    Action<Message>? rejected,
    ShardFencingToken? token = null,
    Action? stale = null) : IDisposable
{
    /// <summary>What may wait, in bytes; messages that come then are refused.</summary>
    internal const long MaxWaiting = 64 * 1024 * 1024;

    private const int MaxMessages = 1024;
    private const int MaxBytes = 1024 * 1024;
    private const int FirstPause = 100;
    private const int LongestPause = 5000;

    /// <summary>What an entry costs besides topic and payload, about.</summary>
    private const int EntryBytes = 128;

    private readonly Lock _gate = new();
    private Dictionary<string, Message> _waiting = new(StringComparer.Ordinal);
    private TaskCompletionSource<bool>? _next;
    private Task<bool> _current = Task.FromResult(true);
    private IDisposable? _retry;
    private int _pause = FirstPause;
    private long _bytes;
    private bool _running;
    private bool _disposed;

    /// <summary>Whether so much waits that nothing more is to be added.</summary>
    public bool IsFull => Volatile.Read(ref _bytes) >= MaxWaiting;

    /// <summary>To be called in the order of the index.</summary>
    /// <param name="message">Owned; one with an empty payload removes what the topic retains.</param>
    public void Add(Message message)
    {
        lock (_gate)
        {
            if (_waiting.TryGetValue(message.Topic.Text, out var older))
                _bytes -= Cost(older);
            _bytes += Cost(message);
            _waiting[message.Topic.Text] = message;
        }
    }

    /// <summary>
    /// Writes what waits, by whomever it was added. Nobody has to await it: what fails is tried again with what comes next, or after a
    /// pause.
    /// </summary>
    /// <returns>
    /// True when all that was added before is written; false when the store had no room for some of it. Faulted when it failed otherwise, with
    /// <see cref="MessagesRejectedException"/> when some is dropped and the rest is written.
    /// </returns>
    public Task<bool> CommitAsync()
    {
        TaskCompletionSource<bool> next;
        lock (_gate)
        {
            if (_waiting.Count == 0)
                return _current;
            next = NextFlight();
            if (_running)
                return next.Task;
            _running = true;
            _retry?.Dispose();
            _retry = null;
        }

        Background.Run(RunAsync(), logger, "Write of retained messages");
        return next.Task;
    }

    public void Dispose()
    {
        lock (_gate)
        {
            _disposed = true;
            _retry?.Dispose();
        }
    }

    private static int Cost(Message message) => message.Size + EntryBytes;

    private TaskCompletionSource<bool> NextFlight() => _next ??= new TaskCompletionSource<bool>(TaskCreationOptions.RunContinuationsAsynchronously);

    private async Task RunAsync()
    {
        while (true)
        {
            Dictionary<string, Message> taken;
            TaskCompletionSource<bool> flight;
            lock (_gate)
            {
                if (_waiting.Count == 0)
                {
                    _running = false;
                    return;
                }

                (taken, _waiting) = (_waiting, new Dictionary<string, Message>(StringComparer.Ordinal));
                flight = NextFlight();
                _next = null;
                _current = flight.Task;
            }

            bool all;
            try
            {
                all = await WriteAsync(taken).ConfigureAwait(false);
            }
            catch (StaleShardException error)
            {
                Dispose();
                stale?.Invoke();
                var following = PutBack(taken, error);
                Fail(flight, error);
                Fail(following, error);
                return;
            }
            catch (Exception error)
            {
                var following = PutBack(taken, error);
                Fail(flight, error);
                Fail(following, error);
                return;
            }

            if (_pause > FirstPause)
                Log.Written(logger, tenant);
            _pause = FirstPause;
            if (all)
                flight.SetResult(true);
            else
                Fail(flight, new MessagesRejectedException("The store rejects a retained message."));
        }
    }

    /// <summary>Removes from <paramref name="taken"/> what it has written.</summary>
    /// <returns>False when the store has rejected some.</returns>
    private async ValueTask<bool> WriteAsync(Dictionary<string, Message> taken)
    {
        var all = true;
        var some = new List<Message>(Math.Min(taken.Count, MaxMessages));
        var bytes = 0L;
        foreach (var message in taken.Values)
        {
            some.Add(message);
            bytes += message.Size;
            if (some.Count < MaxMessages && bytes < MaxBytes)
                continue;
            all &= await WriteAsync(some, taken).ConfigureAwait(false);
            some.Clear();
            bytes = 0;
        }

        if (some.Count > 0)
            all &= await WriteAsync(some, taken).ConfigureAwait(false);
        return all;
    }

    /// <returns>False when the store has rejected some.</returns>
    private async ValueTask<bool> WriteAsync(List<Message> messages, Dictionary<string, Message> taken)
    {
        var now = due.Now;
        try
        {
            await store.SetAsync(tenant, messages.Exists(message => message.HasExpired(now)) ? [.. messages.Select(Timely)] : messages, token)
                .ConfigureAwait(false);
        }
        catch (MessagesRejectedException) when (messages.Count > 1)
        {
            var half = messages.Count / 2;
            var first = await WriteAsync(messages[..half], taken).ConfigureAwait(false);
            return await WriteAsync(messages[half..], taken).ConfigureAwait(false) && first;
        }
        catch (MessagesRejectedException error)
        {
            Log.Rejected(logger, tenant, messages[0].Topic.Text, error.Message);
            Done(messages, taken);
            rejected?.Invoke(messages[0]);
            return false;
        }

        Done(messages, taken);
        written?.Invoke(messages);
        return true;

        Message Timely(Message message) => message.HasExpired(now) ? Message.Create(message.Topic, [], retain: true) : message;
    }

    private void Done(List<Message> messages, Dictionary<string, Message> taken)
    {
        lock (_gate)
        {
            foreach (var message in messages)
            {
                // Removing from a dictionary does not disturb who enumerates it.
                taken.Remove(message.Topic.Text);
                _bytes -= Cost(message);
            }
        }
    }

    /// <returns>What those wait for who have come meanwhile: their turn would be next.</returns>
    private TaskCompletionSource<bool>? PutBack(Dictionary<string, Message> taken, Exception error)
    {
        lock (_gate)
        {
            // What has come meanwhile is newer, and less.
            foreach (var (topic, message) in _waiting)
            {
                if (taken.TryGetValue(topic, out var older))
                    _bytes -= Cost(older);
                taken[topic] = message;
            }

            _waiting = taken;

            if (_pause == FirstPause)
                Log.NotWritten(logger, tenant, error);
            _running = false;
            if (!_disposed)
                _retry = due.Schedule(due.Now + _pause, Retry);
            _pause = Math.Min(2 * _pause, LongestPause);
            var next = _next;
            _next = null;
            return next;
        }
    }

    private void Retry() => Background.Run(RetryAsync(), logger, "Write of retained messages");

    private async Task RetryAsync()
    {
        // What fails is logged when it is put back.
        await ((Task)CommitAsync()).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    private static void Fail(TaskCompletionSource<bool>? flight, Exception error)
    {
        if (error is StoreUnavailableException or StaleShardException)
            flight?.SetResult(false);
        else if (flight is not null)
        {
            flight.SetException(error);
            // It has been logged, should nobody wait for it.
            _ = flight.Task.Exception;
        }
    }

    private static partial class Log
    {
        [LoggerMessage(Level = LogLevel.Warning, Message = "Tenant {Tenant}: write of retained messages failed, retrying")]
        public static partial void NotWritten(ILogger logger, string tenant, Exception error);

        [LoggerMessage(Level = LogLevel.Error, Message = "Tenant {Tenant}: the retained message of '{Topic}' can't be stored and is dropped: {Problem}")]
        public static partial void Rejected(ILogger logger, string tenant, string topic, string problem);

        [LoggerMessage(Level = LogLevel.Information, Message = "Tenant {Tenant}: writes of retained messages succeed again")]
        public static partial void Written(ILogger logger, string tenant);
    }
}
