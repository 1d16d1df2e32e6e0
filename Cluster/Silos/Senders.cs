using Starling.Broker.Contracts;
using Starling.Cluster.Contracts;

namespace Starling.Cluster.Silos;

/// <summary>The last transfer of each sender in each of its lanes, and its answer, which a repeat gets too. Thread-safe.</summary>
internal sealed class Senders
{
    private readonly Lock _gate = new();
    private readonly Dictionary<(string Sender, ShardLane Lane), Last> _last = [];

    /// <param name="transfer">Of a sender that knows this shard.</param>
    /// <param name="prepare">Called under the lock before a transfer is carried out that has not come before; an answer refuses it.</param>
    /// <param name="carryOut">
    /// Called then, without the lock. If it throws, so does every call with that number up to then, and a later one is carried out.
    /// </param>
    public async ValueTask<ShardReply> TransferAsync(ShardTransfer transfer, Func<ShardReply?> prepare, Func<Task<ShardReply>> carryOut)
    {
        var key = (transfer.Sender, transfer.Lane);
        Last? before;
        Last last;
        TaskCompletionSource<ShardReply>? begun = null;
        lock (_gate)
        {
            if (_last.TryGetValue(key, out before) && transfer.Number <= before.Number)
            {
                if (transfer.Number < before.Number)
                    throw new RemoteCallException("A copy of a transfer that was answered long ago.");
                last = before;
            }
            else
            {
                if (prepare() is { } refused)
                    return refused;
                begun = new TaskCompletionSource<ShardReply>(TaskCreationOptions.RunContinuationsAsynchronously);
                _last[key] = last = new Last(transfer.Number, begun.Task);
            }
        }

        if (begun is null)
            return await last.Reply.ConfigureAwait(false);
        try
        {
            var reply = await carryOut().ConfigureAwait(false);
            begun.SetResult(reply);
            return reply;
        }
        catch (Exception error)
        {
            Forget(key, last, before);
            begun.SetException(error);
            // It may be that nobody has asked again.
            _ = begun.Task.Exception;
            throw;
        }
    }

    public void Forget(string sender)
    {
        lock (_gate)
        {
            foreach (var lane in Enum.GetValues<ShardLane>())
                _last.Remove((sender, lane));
        }
    }

    /// <summary>It is as if the transfer had not come; older ones are known all the same.</summary>
    private void Forget((string Sender, ShardLane Lane) key, Last failed, Last? before)
    {
        lock (_gate)
        {
            if (!ReferenceEquals(_last.GetValueOrDefault(key), failed))
                return;
            if (before is null)
                _last.Remove(key);
            else
                _last[key] = before;
        }
    }

    private sealed record Last(long Number, Task<ShardReply> Reply);
}
