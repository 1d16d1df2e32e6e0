using Starling.Broker.Sessions;

namespace Starling.Broker.Tests.Sessions;

/// <summary>An inbox store that stalls and fails when a test says so.</summary>
internal sealed class ScriptedInboxStore : IInboxStore
{
    private readonly SortedDictionary<long, InboxEntry> _entries = [];
    private TaskCompletionSource? _stalled;

    public IEnumerable<InboxEntry> Entries => _entries.Values;

    public int Reads { get; private set; }

    /// <summary>Thrown by what is appended while it is set.</summary>
    public Exception? Failure { get; set; }

    /// <summary>From now on calls are not done before <see cref="Release"/>.</summary>
    public void Stall() => _stalled = new TaskCompletionSource();

    public void Release()
    {
        var stalled = _stalled!;
        _stalled = null;
        stalled.SetResult();
    }

    public async ValueTask AppendAsync(SessionKey session, long epoch, IReadOnlyList<InboxEntry> entries)
    {
        if (Failure is { } failure)
        {
            await WaitAsync();
            throw failure;
        }

        foreach (var entry in entries)
            _entries.Add(entry.Number, entry);
        await WaitAsync();
    }

    public async ValueTask AcknowledgeAsync(SessionKey session, long epoch, IReadOnlyList<InboxAck> acks)
    {
        foreach (var ack in acks)
        {
            if (!ack.Received)
                _entries.Remove(ack.Number);
            else if (_entries.TryGetValue(ack.Number, out var entry))
                _entries[ack.Number] = entry with { Released = true };
        }

        await WaitAsync();
    }

    public async ValueTask<IReadOnlyList<InboxEntry>> ReadAsync(SessionKey session, long from, int most)
    {
        Reads++;
        InboxEntry[] found = [.. _entries.Where(entry => entry.Key >= from).Take(most).Select(entry => entry.Value)];
        await WaitAsync();
        return found;
    }

    private Task WaitAsync() => _stalled?.Task ?? Task.CompletedTask;
}
