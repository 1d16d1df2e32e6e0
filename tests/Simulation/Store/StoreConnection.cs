using Starling.Broker.Contracts;
using Starling.Simulation.Nodes;

namespace Starling.Simulation.Store;

/// <summary>
/// How one process writes to the database: what arrives while a transaction is under way goes into the next. A transaction whose answer is
/// lost, or that finds the database away, is sent again until it is answered; one of a process that dies is carried out or not.
/// </summary>
internal sealed class StoreConnection(Database database, NodeProcess process)
{
    private const int MaxWaiting = 400;
    private static readonly TimeSpan LongestRead = TimeSpan.FromSeconds(2);

    private readonly Queue<Write> _waiting = new();
    private bool _busy;

    public Database Database => database;

    public NodeProcess Process => process;

    /// <exception cref="StoreUnavailableException">Too much waits already.</exception>
    public void EnsureRoom()
    {
        if (_waiting.Count > MaxWaiting)
            throw new StoreUnavailableException("Too much waits to be written.");
    }

    public Task<T> Add<T>(Func<Tables, T> statement)
    {
        var write = new Write<T>(statement);
        if (!process.IsRunning)
            return write.Done;
        _waiting.Enqueue(write);
        if (!_busy)
            Begin();
        return write.Done;
    }

    public Task Add(Action<Tables> statement) => Add(tables =>
    {
        statement(tables);
        return true;
    });

    /// <summary>A query beside the writes, which sees what has been written when it comes to the database.</summary>
    /// <param name="query">The query.</param>
    /// <param name="waits">Whether it waits for a database that is away, however long; otherwise it fails.</param>
    public async Task<T> QueryAsync<T>(Func<Tables, T> query, bool waits)
    {
        var since = database.Scheduler.Now;
        while (true)
        {
            await DelayAsync(database.Commit()).ConfigureAwait(false);
            if (!database.IsAway)
                break;
            if (!waits && database.Scheduler.Now - since > LongestRead)
                throw new StoreUnavailableException("The database is away.");
            await DelayAsync(TimeSpan.FromMilliseconds(250)).ConfigureAwait(false);
        }

        var result = query(database.Tables);
        await DelayAsync(database.Dice.Span(0.1, 1)).ConfigureAwait(false);
        return result;
    }

    private Task DelayAsync(TimeSpan delay)
    {
        var passed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        database.Scheduler.After(delay, () =>
        {
            if (process.IsRunning)
                passed.SetResult();
        });
        return passed.Task;
    }

    private void Begin()
    {
        if (_waiting.Count == 0)
            return;
        _busy = true;
        var batch = _waiting.ToArray();
        _waiting.Clear();
        if (database.Flaws.AnswersTooEarly)
        {
            foreach (var write in batch.Where(write => write.IsAppend))
                write.Answer();
        }

        database.Scheduler.After(database.Commit(), () => Commit(batch));
    }

    private void Commit(Write[] batch)
    {
        // What was under way when the process died may have come to the database before, or not.
        if (!process.IsRunning && !database.Dice.Chance(0.5))
            return;
        if (database.IsAway)
        {
            if (process.IsRunning)
                database.Scheduler.After(database.Dice.Span(50, 500), () => Commit(batch));
            return;
        }

        database.Trace.Add(process.Name, "commits", batch.Length);
        foreach (var write in batch)
            write.CarryOut(database.Tables);
        if (!process.IsRunning)
            return;
        if (database.Dice.Chance(database.LostAnswers))
        {
            database.Trace.Add(process.Name, "has no answer");
            database.Scheduler.After(database.Dice.Span(50, 400), () => Commit(batch));
            return;
        }

        database.Scheduler.After(database.Dice.Span(0.1, 1), () =>
        {
            if (!process.IsRunning)
                return;
            foreach (var write in batch)
                write.Answer();
            _busy = false;
            Begin();
        });
    }

    private abstract class Write
    {
        public abstract bool IsAppend { get; }

        public abstract void CarryOut(Tables tables);

        public abstract void Answer();
    }

    private sealed class Write<T>(Func<Tables, T> statement) : Write
    {
        private readonly TaskCompletionSource<T> _done = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private T _result = default!;
        private Exception? _refusal;

        public Task<T> Done => _done.Task;

        public override bool IsAppend => typeof(T) == typeof(IReadOnlyList<long>);

        public override void CarryOut(Tables tables)
        {
            try
            {
                (_result, _refusal) = (statement(tables), null);
            }
            catch (Exception error) when (error is StaleEpochException or StaleShardException)
            {
                _refusal = error;
            }
        }

        public override void Answer()
        {
            if (_refusal is not null)
                _done.TrySetException(_refusal);
            else
                _done.TrySetResult(_result);
        }
    }
}
