using Starling.Broker.Contracts;

namespace Starling.Cluster.Links;

/// <summary>
/// The receiving side of <see cref="StopAndWaitSender{T}"/>: remembers the last transfer of each stream and its answer, so that a transfer which
/// comes again is not carried out again. Thread-safe.
/// </summary>
/// <remarks>
/// A repeat gets the first one's answer, or waits for it. A transfer that fails is forgotten: whoever waits for it gets its exception, and a
/// repeat is carried out. Otherwise one exception would block the stream, whose sender repeats the same number until it is answered.
/// </remarks>
/// <typeparam name="T">The answer.</typeparam>
public sealed class TransferDeduplicator<T>
    where T : class
{
    private readonly Lock _gate = new();
    private readonly Dictionary<(string Sender, int Stream), Last> _last = [];

    /// <param name="transfer">Which it is.</param>
    /// <param name="carryOut">Called without the lock, for a transfer that has not come before.</param>
    /// <param name="prepare">Called under the lock just before; an answer refuses the transfer, which is then as if it had not come.</param>
    /// <param name="superseded">The answer to a sender that has a successor; null when senders have none.</param>
    /// <exception cref="RemoteCallException">It is a copy of a transfer that was answered long ago.</exception>
    public async ValueTask<T> RunAsync(TransferId transfer, Func<Task<T>> carryOut, Func<T?>? prepare = null, T? superseded = null)
    {
        Last? before;
        Last last;
        TaskCompletionSource<T>? begun = null;
        lock (_gate)
        {
            _last.TryGetValue(transfer.Key, out before);
            var order = before is null ? 1 : (transfer.Epoch, transfer.Number).CompareTo((before.Epoch, before.Number));
            if (order < 0)
            {
                return transfer.Epoch < before!.Epoch && superseded is not null
                    ? superseded
                    : throw new RemoteCallException("A copy of a transfer that was answered long ago.");
            }

            if (order == 0 && before!.Reply is not null)
            {
                last = before;
            }
            else
            {
                if (prepare?.Invoke() is { } refused)
                    return refused;
                begun = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
                _last[transfer.Key] = last = new Last(transfer.Epoch, transfer.Number, begun.Task);
            }
        }

        if (begun is null)
            return await last.Reply!.ConfigureAwait(false);
        try
        {
            var reply = await carryOut().ConfigureAwait(false);
            begun.SetResult(reply);
            return reply;
        }
        catch (Exception error)
        {
            Forget(transfer.Key, last, before);
            begun.SetException(error);
            // It may be that nobody has asked again.
            _ = begun.Task.Exception;
            throw;
        }
    }

    /// <summary>A sender takes over the stream: transfers of lower epochs are refused from now on.</summary>
    public void Begin(string sender, int stream, long epoch)
    {
        lock (_gate)
        {
            if (!_last.TryGetValue((sender, stream), out var last) || last.Epoch < epoch)
                _last[(sender, stream)] = new Last(epoch, Number: long.MinValue, Reply: null);
        }
    }

    /// <summary>The sender is gone, with all of its streams.</summary>
    public void Forget(string sender)
    {
        lock (_gate)
        {
            foreach (var key in _last.Keys.Where(key => key.Sender == sender).ToArray())
                _last.Remove(key);
        }
    }

    /// <summary>It is as if the transfer had not come; what was known of older ones stays, and so does its epoch.</summary>
    private void Forget((string Sender, int Stream) key, Last failed, Last? before)
    {
        lock (_gate)
        {
            if (ReferenceEquals(_last.GetValueOrDefault(key), failed))
                _last[key] = before?.Epoch == failed.Epoch ? before : failed with { Reply = null };
        }
    }

    private sealed record Last(long Epoch, long Number, Task<T>? Reply);
}

/// <summary>Names a transfer.</summary>
/// <param name="Sender">Who sends, or for whom.</param>
/// <param name="Stream">One of the sender's: within it, transfers come one after the other.</param>
/// <param name="Epoch">Of the object that sends: a higher one is its successor, whose numbers begin anew.</param>
/// <param name="Number">Counts up by one within the epoch; a transfer that is sent again keeps it.</param>
public readonly record struct TransferId(string Sender, int Stream, long Epoch, long Number)
{
    internal (string Sender, int Stream) Key => (Sender, Stream);
}
