using Microsoft.Extensions.Logging;
using Starling.Broker.Threading;

namespace Starling.Edge.Listeners.Admissions;

/// <summary>
/// Connections that have the same time from now, in the order they came: one timer for all, none per connection.
/// A connection is in at most one queue.
/// </summary>
internal sealed partial class DeadlineQueue : IDisposable
{
    private readonly Lock _gate = new();
    private readonly TimeSpan _delay;
    private readonly TimeProvider _time;
    private readonly Action<AdmittedConnection> _expired;
    private readonly ILogger _logger;
    private readonly ITimer _timer;
    private AdmittedConnection? _first;
    private AdmittedConnection? _last;

    public DeadlineQueue(TimeSpan delay, TimeProvider time, Action<AdmittedConnection> expired, ILogger logger)
    {
        (_delay, _time, _expired, _logger) = (delay, time, expired, logger);
        _timer = time.CreateGuardedTimer(Expire, logger, "Check of connection deadlines", Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    public int Count { get; private set; }

    public void Add(AdmittedConnection connection)
    {
        lock (_gate)
        {
            connection.Due = _time.GetTimestamp() + (long)(_delay.TotalSeconds * _time.TimestampFrequency);
            connection.Queue = this;
            connection.Previous = _last;
            if (_last is null)
                _first = connection;
            else
                _last.Next = connection;
            _last = connection;
            if (++Count == 1)
                _timer.Change(_delay, Timeout.InfiniteTimeSpan);
        }
    }

    /// <summary>False when the connection is not, or no longer, in the queue.</summary>
    public bool Remove(AdmittedConnection connection)
    {
        lock (_gate)
        {
            if (connection.Queue != this)
                return false;
            Unlink(connection);
            return true;
        }
    }

    /// <summary>Takes out all that <paramref name="where"/> holds for.</summary>
    public List<AdmittedConnection> RemoveAll(Func<AdmittedConnection, bool> where)
    {
        var removed = new List<AdmittedConnection>();
        lock (_gate)
        {
            for (var connection = _first; connection is not null;)
            {
                var next = connection.Next;
                if (where(connection))
                {
                    Unlink(connection);
                    removed.Add(connection);
                }
                connection = next;
            }
        }
        return removed;
    }

    public void Dispose() => _timer.Dispose();

    private void Expire()
    {
        var now = _time.GetTimestamp();
        foreach (var connection in RemoveAll(connection => connection.Due <= now))
            Expire(connection);
        lock (_gate)
        {
            if (_first is not null)
            {
                var wait = TimeSpan.FromSeconds((double)(_first.Due - _time.GetTimestamp()) / _time.TimestampFrequency);
                _timer.Change(wait < TimeSpan.FromMilliseconds(1) ? TimeSpan.FromMilliseconds(1) : wait, Timeout.InfiniteTimeSpan);
            }
        }
    }

    private void Expire(AdmittedConnection connection)
    {
        try
        {
            _expired(connection);
        }
        catch (Exception error)
        {
            // The others must still expire, and the timer must be set again.
            LogNotExpired(_logger, connection.Id, connection.Listener.Name, error);
        }
    }

    private void Unlink(AdmittedConnection connection)
    {
        if (connection.Previous is null)
            _first = connection.Next;
        else
            connection.Previous.Next = connection.Next;
        if (connection.Next is null)
            _last = connection.Previous;
        else
            connection.Next.Previous = connection.Previous;
        connection.Queue = null;
        connection.Previous = connection.Next = null;
        Count--;
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "Connection {Id} of listener {Listener} could not be closed at its deadline")]
    private static partial void LogNotExpired(ILogger logger, string id, string listener, Exception error);
}
