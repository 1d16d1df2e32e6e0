using Starling.Broker.Messages;
using Starling.Broker.Tenants;

namespace Starling.Broker.Sessions;

/// <remarks>How new entries get in.</remarks>
internal sealed partial class Inbox
{
    private readonly Queue<Append> _appends = new();

    /// <summary>The session is written with a higher epoch: entries that come after this write name the new one, those before it the old one.</summary>
    public ValueTask<SessionHold> RaiseEpoch(long epoch, Func<ValueTask<SessionHold>> save)
    {
        lock (_gate)
        {
            var write = save();
            _hold = _hold with { Epoch = epoch };
            return write;
        }
    }

    public void SetHold(SessionHold hold)
    {
        lock (_gate)
            _hold = hold;
    }

    public async ValueTask EnqueueAsync(IReadOnlyList<Delivery> deliveries)
    {
        var limits = _tenant.Options.Limits;
        if (_tenant.Options.InboxOverflow == InboxOverflow.DropOldest)
        {
            deliveries = Newest(deliveries, limits);
            await MakeRoomAsync(deliveries, limits).ConfigureAwait(false);
        }

        ValueTask<IReadOnlyList<long>> write;
        Append append;
        var entries = new List<InboxEntry>(deliveries.Count);
        lock (_gate)
        {
            foreach (var delivery in deliveries)
            {
                if (_count >= limits.InboxMessages || _bytes + delivery.Message.Size > limits.InboxBytes)
                {
                    _counters.DroppedInboxFull.Increment();
                    continue;
                }

                entries.Add(new InboxEntry(_next++, delivery with { Message = delivery.Message.Compact() }));
                Account(1, delivery.Message.Size);
            }

            if (entries.Count == 0)
                return;
            write = _store.AppendAsync(_hold, entries);
            _appends.Enqueue(append = new Append(_next));
            Stage(entries);
        }

        try
        {
            if (await write.ConfigureAwait(false) is { Count: > 0 } repeats)
                Undo([.. entries.Where(entry => repeats.Contains(entry.Number))]);
        }
        catch
        {
            Undo(entries);
            throw;
        }
        finally
        {
            Finish(append);
        }
    }

    /// <summary>Whatever came of it. Writes end in any order; only what has nothing open before it may be pushed.</summary>
    private void Finish(Append append)
    {
        lock (_gate)
        {
            append.IsOver = true;
            while (_appends.TryPeek(out var oldest) && oldest.IsOver)
                _written = Math.Max(_written, _appends.Dequeue().UpTo);
        }

        Push();
    }

    private void Stage(List<InboxEntry> entries)
    {
        if (_edge is null || _staged.Count + entries.Count > MostStaged)
        {
            DropStage();
            return;
        }

        foreach (var entry in entries)
            _staged.Enqueue(entry);
    }

    private void DropStage() => _staged.Clear();

    /// <summary>The store has not taken them: their numbers stay empty.</summary>
    private void Undo(List<InboxEntry> entries)
    {
        lock (_gate)
        {
            DropStage();
            // Unless the inbox has begun anew meanwhile.
            if (entries.Count > 0 && _next > entries[^1].Number)
                Account(-entries.Count, -entries.Sum(entry => (long)entry.Delivery.Message.Size));
        }
    }

    private sealed class Append(long upTo)
    {
        /// <summary>The number behind its last entry.</summary>
        public long UpTo => upTo;

        public bool IsOver { get; set; }
    }
}
