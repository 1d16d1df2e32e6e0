using System.Diagnostics;
using Microsoft.Extensions.Logging;
using Npgsql;
using Starling.Broker.Contracts;
using Starling.Broker.Telemetry;
using Starling.Broker.Threading;

namespace Starling.Storage.PostgreSql.Writing;

/// <summary>
/// Writes for the whole process: what arrives while a transaction is under way goes into the next one, so that under load one round trip
/// and one commit serve hundreds of messages, and a single message waits for nothing but its own.
/// </summary>
/// <remarks>
/// Writes are carried out in the order in which they came, as far as they are about the same session (<see cref="WriteBatch"/>).
///
/// A transaction that fails since the server is away, or cannot write, is tried again until it succeeds: whether an earlier attempt got
/// through after all is not known, so every statement does nothing the second time. One that the server will never take is split until
/// the write that is to blame is found; only that one fails. What waits is bounded in bytes (<see cref="EnsureRoom"/>).
///
/// When the process is to end (<see cref="GiveUpAfter"/>) nobody waits for a server that is away: what waits fails, unacknowledged.
/// </remarks>
public sealed partial class GroupCommit : IAsyncDisposable
{
    private const long MaxBytes = 8 * 1024 * 1024;
    private const int MaxWrites = 8 * 1024;
    private static readonly TimeSpan LazyDelay = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan IdlePing = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan ShortestPause = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(1);

    private readonly Lock _gate = new();
    private readonly Queue<Write> _waiting = new();
    private readonly SemaphoreSlim _signal = new(0, 1);
    private readonly CancellationTokenSource _stop = new();
    private readonly Database _database;
    private readonly WriterConnection _connection;
    private readonly TimeProvider _time;
    private readonly WriterMetrics _metrics;
    private readonly ILogger<GroupCommit> _logger;
    private readonly long _mostWaiting;
    private readonly bool _isShared;
    private readonly ITimer _lazy;
    private readonly ITimer _givingUp;
    private readonly Task _running;
    private long _waitingBytes;
    private int _signalled;
    private bool _lazyArmed;
    private long _batchStarted;
    private bool _closed;

    public GroupCommit(Database database, WriterMetrics metrics, TimeProvider time, ILogger<GroupCommit> logger)
    {
        Shared = new SharedMessages();
        _database = database;
        _connection = new WriterConnection(database, Shared);
        _metrics = metrics;
        _time = time;
        _logger = logger;
        _mostWaiting = database.Options.QueueBytes;
        _isShared = database.Options.IsShared;
        _lazy = time.CreateGuardedTimer(Signal, logger, "Write of what nobody waits for", Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        _givingUp = time.CreateGuardedTimer(GiveUp, logger, "Giving up writes", Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        metrics.Observe(() => Interlocked.Read(ref _waitingBytes));
        _running = RunAsync();
    }

    /// <summary>Why nothing can be written at the moment; null while it can.</summary>
    public string? Problem { get => Volatile.Read(ref field); private set => Volatile.Write(ref field, value); }

    internal SharedMessages Shared { get; }

    /// <summary>Asks whether a write of something new may come; what only changes or removes always may.</summary>
    /// <exception cref="StoreUnavailableException">Too much waits.</exception>
    public void EnsureRoom()
    {
        if (Interlocked.Read(ref _waitingBytes) > _mostWaiting)
        {
            _metrics.Refused();
            throw new StoreUnavailableException($"Write queue full: more than {_mostWaiting} bytes wait for PostgreSQL" + (Problem is { } why ? $": {why}" : "."));
        }
    }

    internal Task<TResult> Add<TResult>(Write<TResult> write)
    {
        Enqueue(write);
        Signal();
        return write.Done;
    }

    /// <summary>For what nobody waits for: it goes with the next transaction, or soon.</summary>
    internal void AddLazily(Write write)
    {
        Enqueue(write);
        lock (_gate)
        {
            if (_lazyArmed)
                return;
            _lazyArmed = true;
        }

        _lazy.Change(LazyDelay, Timeout.InfiniteTimeSpan);
    }

    /// <summary>Somebody waits for what was added lazily after all.</summary>
    internal void Hurry() => Signal();

    /// <summary>
    /// The process is to end. From then on writes fail as soon as the server does not answer; while it does they are carried out as ever.
    /// </summary>
    /// <param name="patience">For a server that is away already.</param>
    public void GiveUpAfter(TimeSpan patience) => _givingUp.Change(patience, LongestPause);

    /// <summary>Writes what waits, for a while, then gives up.</summary>
    public async ValueTask DisposeAsync()
    {
        lock (_gate)
            _closed = true;
        Signal();
        _stop.CancelAfter(TimeSpan.FromSeconds(5));
        await _lazy.DisposeAsync().ConfigureAwait(false);
        await _running.ConfigureAwait(false);
        await _givingUp.DisposeAsync().ConfigureAwait(false);
        await _connection.DisposeAsync().ConfigureAwait(false);
        _stop.Dispose();
    }

    private void Enqueue(Write write)
    {
        lock (_gate)
        {
            if (!_closed)
            {
                _waiting.Enqueue(write);
                Interlocked.Add(ref _waitingBytes, write.Bytes);
                return;
            }
        }

        write.Fail(new StoreUnavailableException("The broker is shutting down."));
    }

    private void GiveUp()
    {
        var started = Interlocked.Read(ref _batchStarted);
        if (Problem is not null || (started != 0 && _time.GetElapsedTime(started) > LongestPause))
            _stop.Cancel();
    }

    private void Signal()
    {
        if (Interlocked.Exchange(ref _signalled, 1) == 0)
            _signal.Release();
    }

    private async Task RunAsync()
    {
        await Task.Yield();
        while (true)
        {
            var batch = Gather();
            if (batch.Writes.Count > 0)
            {
                await CommitAsync(batch).ConfigureAwait(false);
                continue;
            }

            lock (_gate)
            {
                if (_closed && _waiting.Count == 0)
                    return;
            }

            if (await _signal.WaitAsync(IdlePing).ConfigureAwait(false))
                Volatile.Write(ref _signalled, 0);
            else if (_database.IsOpen)
                await PingAsync().ConfigureAwait(false);
        }
    }

    private WriteBatch Gather()
    {
        var batch = new WriteBatch(Shared, _isShared);
        lock (_gate)
        {
            _lazyArmed = false;
            while (batch.Writes.Count < MaxWrites && batch.Bytes < MaxBytes && _waiting.TryPeek(out var write) && batch.TryAdd(write))
                _waiting.Dequeue();
        }

        return batch;
    }

    private async Task CommitAsync(WriteBatch batch)
    {
        using var activity = BrokerTracing.Gather(BrokerTracing.Commit, ActivityKind.Internal, batch.Writes, static write => write.Origin);
        activity?.SetTag("starling.writes", batch.Writes.Count);
        Interlocked.Exchange(ref _batchStarted, _time.GetTimestamp());
        await TryUntilCommittedAsync(batch).ConfigureAwait(false);
        Interlocked.Exchange(ref _batchStarted, 0);
    }

    private async Task TryUntilCommittedAsync(WriteBatch batch)
    {
        var pause = ShortestPause;
        while (true)
        {
            var started = Stopwatch.GetTimestamp();
            try
            {
                await _connection.ExecuteAsync(batch, _stop.Token).ConfigureAwait(false);
                Recovered();
                _metrics.Committed(batch.Writes.Count, Stopwatch.GetElapsedTime(started));
                Finish(batch, write => write.Committed());
                return;
            }
            catch (PostgresException error) when (IsToBlame(error))
            {
                await IsolateAsync(batch, error).ConfigureAwait(false);
                return;
            }
            catch (PostgresException error) when (IsInTheWay(error))
            {
                // Nothing of it was done, and the other process has committed.
                _metrics.Failed();
            }
            catch (Exception) when (_stop.IsCancellationRequested)
            {
                Finish(batch, write => write.Fail(new StoreUnavailableException("The broker is shutting down and PostgreSQL does not answer.")));
                return;
            }
            catch (Exception error) when (error is NpgsqlException or TimeoutException or IOException or OperationCanceledException or InvalidOperationException)
            {
                Failed(error);
            }
            catch (Exception error)
            {
                // Whoever waits has to be told, whatever it is, and the others go on.
                await IsolateAsync(batch, error).ConfigureAwait(false);
                return;
            }

            await Task.Delay(pause, _time, _stop.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            pause = pause * 2 < LongestPause ? pause * 2 : LongestPause;
        }
    }

    /// <summary>Something in the batch can't be written, ever. The rest can.</summary>
    private async Task IsolateAsync(WriteBatch batch, Exception error)
    {
        if (batch.Writes.Count == 1)
        {
            LogRefused(batch.Writes[0].GetType().Name, batch.Writes[0].Session?.ClientId, error);
            Finish(batch, write => write.Fail(new StoreUnavailableException($"Rejected by PostgreSQL: {Database.Reason(error)}", error)));
            return;
        }

        var (first, second) = batch.Split();
        await TryUntilCommittedAsync(first).ConfigureAwait(false);
        await TryUntilCommittedAsync(second).ConfigureAwait(false);
    }

    /// <summary>Data exceptions, integrity constraints, program limits: the same statement will fail again.</summary>
    private static bool IsToBlame(PostgresException error) =>
        error.SqlState.AsSpan(0, 2) is "22" or "23" or "54";

    /// <summary>Another process and this one waited for each other, and the server ended that (deadlock, serialization failure).</summary>
    internal static bool IsInTheWay(PostgresException error) => error.SqlState is "40P01" or "40001";

    private void Finish(WriteBatch batch, Action<Write> tell)
    {
        Interlocked.Add(ref _waitingBytes, -batch.Bytes);
        foreach (var write in batch.Writes)
            tell(write);
    }

    private async Task PingAsync()
    {
        try
        {
            await _connection.PingAsync(_stop.Token).ConfigureAwait(false);
            Recovered();
        }
        catch (Exception error) when (error is NpgsqlException or TimeoutException or IOException or OperationCanceledException or InvalidOperationException)
        {
            Failed(error);
        }
    }

    private void Failed(Exception error)
    {
        _metrics.Failed();
        if (Problem is null && !_stop.IsCancellationRequested)
            LogAway(Database.Reason(error));
        Problem = Database.Reason(error);
    }

    private void Recovered()
    {
        if (Problem is null)
            return;
        Problem = null;
        LogBack();
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "Nothing can be written to PostgreSQL: {Problem}. Durable writes are queued")]
    private partial void LogAway(string problem);

    [LoggerMessage(Level = LogLevel.Information, Message = "PostgreSQL is back")]
    private partial void LogBack();

    [LoggerMessage(Level = LogLevel.Error, Message = "{Write} of session '{ClientId}' was refused by PostgreSQL")]
    private partial void LogRefused(string write, ForeignText clientId, Exception error);
}
