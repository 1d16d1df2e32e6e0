using Starling.Broker.Contracts;

namespace Starling.Broker.Tests.Sessions;

/// <summary>An inbox store that stalls, fails and finds repeats when a test says so.</summary>
internal sealed class ScriptedInboxStore : IInboxStore
{
    private readonly SortedDictionary<long, InboxEntry> _entries = [];
    private TaskCompletionSource? _stalled;

    public IEnumerable<InboxEntry> Entries => _entries.Values;

    public int Reads { get; private set; }

    /// <summary>What the last read asked for.</summary>
    public long MaxBytesRead { get; private set; }

    /// <summary>Thrown by what is appended while it is set.</summary>
    public Exception? Failure { get; set; }

    /// <summary>Whether <see cref="Failure"/> comes at once also while calls are stalled.</summary>
    public bool FailsAtOnce { get; set; }

    /// <summary>Thrown by what is read while it is set.</summary>
    public Exception? ReadFailure { get; set; }

    /// <summary>Whether an appended entry repeats an earlier one.</summary>
    public Func<InboxEntry, bool> IsRepeat { get; set; } = _ => false;

    /// <summary>From now on calls are not done before <see cref="Release"/>, or before the returned source is set.</summary>
    public TaskCompletionSource Stall() => _stalled = new TaskCompletionSource();

    public void Release()
    {
        var stalled = _stalled!;
        _stalled = null;
        stalled.SetResult();
    }

    public ValueTask<IReadOnlyList<long>> AppendAsync(SessionFencingToken session, IReadOnlyList<InboxEntry> entries, long reserve = 0)
    {
        if (Failure is { } failure)
            return _stalled is { } stalled && !FailsAtOnce ? FailAsync(stalled.Task, failure) : throw failure;
        var repeats = entries.Where(IsRepeat).Select(entry => entry.Number).ToArray();
        foreach (var entry in entries.Where(entry => !repeats.Contains(entry.Number)))
            _entries.Add(entry.Number, entry);
        return AfterAsync((IReadOnlyList<long>)repeats);
    }

    public async ValueTask AcknowledgeAsync(SessionFencingToken session, IReadOnlyList<InboxAck> acks, Action? refused = null)
    {
        foreach (var ack in acks)
        {
            if (!ack.Received)
                _entries.Remove(ack.Number);
            else if (_entries.TryGetValue(ack.Number, out var entry))
                _entries[ack.Number] = entry with { Released = true };
        }

        await AfterAsync(0);
    }

    public ValueTask<IReadOnlyList<InboxEntry>> ReadAsync(SessionFencingToken session, long from, int most, long mostBytes = long.MaxValue)
    {
        Reads++;
        if (ReadFailure is { } failure)
            throw failure;
        MaxBytesRead = mostBytes;
        InboxEntry[] found = [.. _entries.Where(entry => entry.Key >= from).Take(most).Select(entry => entry.Value)];
        return AfterAsync((IReadOnlyList<InboxEntry>)found);
    }

    private static async ValueTask<IReadOnlyList<long>> FailAsync(Task stalled, Exception failure)
    {
        await stalled;
        throw failure;
    }

    private async ValueTask<T> AfterAsync<T>(T result)
    {
        if (_stalled is { } stalled)
            await stalled.Task;
        return result;
    }
}
