using Starling.Broker.Cluster.Remote;

namespace Starling.Broker.Cluster.Silos;

/// <summary>The last transfer of each sender, and its answer, which a repeat gets too. Thread-safe.</summary>
internal sealed class Senders
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, Last> _last = new(StringComparer.Ordinal);

    /// <param name="transfer">Of a sender that knows this shard.</param>
    /// <param name="prepare">Called under the lock before a transfer is carried out that has not come before; an answer refuses it.</param>
    /// <param name="carryOut">Called then, without the lock.</param>
    public async ValueTask<ShardReply> TransferAsync(ShardTransfer transfer, Func<ShardReply?> prepare, Func<Task<ShardReply>> carryOut)
    {
        Last? last;
        TaskCompletionSource<ShardReply>? begun = null;
        lock (_gate)
        {
            if (_last.TryGetValue(transfer.Sender, out last) && transfer.Number <= last.Number)
            {
                if (transfer.Number < last.Number)
                    throw new RemoteCallException("A copy of a transfer that was answered long ago.");
            }
            else
            {
                if (prepare() is { } refused)
                    return refused;
                begun = new TaskCompletionSource<ShardReply>(TaskCreationOptions.RunContinuationsAsynchronously);
                _last[transfer.Sender] = last = new Last(transfer.Number, begun.Task);
            }
        }

        if (begun is null)
            return await last.Reply.ConfigureAwait(false);
        var reply = await carryOut().ConfigureAwait(false);
        begun.SetResult(reply);
        return reply;
    }

    public void Forget(string sender)
    {
        lock (_gate)
            _last.Remove(sender);
    }

    private sealed record Last(long Number, Task<ShardReply> Reply);
}
