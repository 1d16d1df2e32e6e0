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
/// through after all is not known, so every statement does nothing the second time. One that the server refuses for any other reason
/// (<see cref="WriteErrors"/>) is split until the write that is to blame is found; only that one fails. What waits is bounded in bytes, and
/// tenants take turns (<see cref="WriteQueue"/>).
///
/// When the process is to end (<see cref="GiveUpAfter"/>) nobody waits for a server that is away: what waits fails, unacknowledged.
/// </remarks>
public sealed partial class GroupCommit : IAsyncDisposable
{
    /// <summary>How often a transaction is sent that fails for what is not clearly its fault, or takes too long, before it is split.</summary>
    private const int MaxTries = 3;

    private static readonly TimeSpan LazyDelay = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan IdlePing = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan ShortestPause = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(1);

    private readonly Lock _gate = new();
    private readonly WriteQueue _waiting;
    private readonly SemaphoreSlim _signal = new(0, 1);
    private readonly CancellationTokenSource _stop = new();
    private readonly Database _database;
    private readonly WriterConnection _connection;
    private readonly TimeProvider _time;
    private readonly WriterMetrics _metrics;
    private readonly ILogger<GroupCommit> _logger;
    private readonly bool _isShared;
    private readonly ITimer _lazy;
    private readonly ITimer _givingUp;
    private readonly Task _running;
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
        _waiting = new WriteQueue(database.Options.QueueBytes);
        _isShared = database.Options.IsShared;
        _lazy = time.CreateGuardedTimer(Signal, logger, "Write of what nobody waits for", Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        _givingUp = time.CreateGuardedTimer(GiveUp, logger, "Giving up writes", Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        metrics.Observe(() => _waiting.Bytes);
        _running = RunAsync();
    }

    /// <summary>Why nothing can be written at the moment; null while it can.</summary>
    public string? Problem { get => Volatile.Read(ref field); private set => Volatile.Write(ref field, value); }

    internal SharedMessages Shared { get; }

    /// <summary>Asks whether a tenant may write something new; what only changes or removes always may.</summary>
    /// <exception cref="StoreUnavailableException">Too much waits.</exception>
    public void EnsureRoom(string tenant)
    {
        if (_waiting.HasRoom(tenant))
            return;
        _metrics.Refused();
        throw new StoreUnavailableException(
            $"Write queue full: more than {_database.Options.QueueBytes} bytes wait for PostgreSQL" + (Problem is { } why ? $": {why}" : "."));
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
                _waiting.Add(write);
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
                if (_closed && _waiting.IsEmpty)
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
            _waiting.MoveTo(batch);
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
        for (var tries = 1; ; tries++)
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
            catch (PostgresException error) when (WriteErrors.IsInTheWay(error))
            {
                // Nothing of it was done, and the other process has committed.
                _metrics.Failed();
            }
            catch (Exception) when (_stop.IsCancellationRequested)
            {
                Finish(batch, write => write.Fail(new StoreUnavailableException("The broker is shutting down and PostgreSQL does not answer.")));
                return;
            }
            catch (PostgresException error) when (_connection.HasFailedInStatement && !WriteErrors.MayPass(error))
            {
                if (WriteErrors.IsInTheData(error) || tries == MaxTries)
                {
                    await IsolateAsync(batch, error).ConfigureAwait(false);
                    return;
                }

                // Another connection may do: a prepared statement is out of date, a right has just been granted.
                _metrics.Failed();
            }
            catch (Exception error) when (tries >= MaxTries && batch.Writes.Count > 1 && WriteErrors.IsTooMuch(error) && _connection.HasFailedInStatement)
            {
                Failed(error);
                await SplitAsync(batch).ConfigureAwait(false);
                return;
            }
            catch (Exception error) when (error is NpgsqlException or TimeoutException or IOException or OperationCanceledException or InvalidOperationException)
            {
                Failed(error);
            }
            catch (Exception error)
            {
                // Whoever waits has to be told, whatever it is, and the others are written.
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
        if (batch.Writes.Count > 1)
        {
            await SplitAsync(batch).ConfigureAwait(false);
            return;
        }

        var write = batch.Writes[0];
        if (!write.IsDivisible)
        {
            _metrics.Rejected();
            LogRefused(write.GetType().Name, write.Tenant, write.Session?.ClientId, error);
        }

        Finish(batch, refused => refused.Reject($"Rejected by PostgreSQL: {Database.Reason(error)}", error));
    }

    private async Task SplitAsync(WriteBatch batch)
    {
        var (first, second) = batch.Split();
        await TryUntilCommittedAsync(first).ConfigureAwait(false);
        await TryUntilCommittedAsync(second).ConfigureAwait(false);
    }

    private void Finish(WriteBatch batch, Action<Write> tell)
    {
        _waiting.Release(batch.Writes);
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

    [LoggerMessage(Level = LogLevel.Error, Message = "Tenant {Tenant}: {Write} of session '{ClientId}' was refused by PostgreSQL and is dropped")]
    private partial void LogRefused(string write, string tenant, ForeignText clientId, Exception error);
}
