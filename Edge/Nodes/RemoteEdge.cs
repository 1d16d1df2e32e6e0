using Starling.Broker.Contracts;
using Starling.Cluster.Contracts;
using Starling.Cluster.Edges;
using Starling.Protocol;

namespace Starling.Edge.Nodes;

/// <summary>
/// This process as the edge of one id, for shards and sessions in other processes. A transfer that comes again under its number gets the
/// answer of the first; one of a shard with a lower epoch than was heard of is refused. When the process is no longer the edge of this id,
/// nothing is answered: the directory says the rest. Thread-safe.
/// </summary>
internal sealed class RemoteEdge(EdgeNode node, string edgeId, EdgeCluster cluster, UnclaimedConnections unclaimed) : IRemoteEdge
{
    private readonly Lock _gate = new();
    private readonly Dictionary<(string Tenant, int Shard), Received> _received = [];

    public async ValueTask<EdgeReply> TransferAsync(EdgeTransfer transfer)
    {
        EnsurePresent();
        Task<EdgeReply> reply;
        TaskCompletionSource<EdgeReply>? begun = null;
        lock (_gate)
        {
            var last = _received.GetValueOrDefault((transfer.Tenant, transfer.Shard));
            if (last is not null && (transfer.Epoch < last.Epoch))
                return new EdgeReply(IsOutOfDate: true, []);
            if (last?.Epoch == transfer.Epoch && transfer.Number < last.Number)
                throw new RemoteCallException("This transfer is a late copy of one that was answered before.");
            if (last?.Epoch == transfer.Epoch && transfer.Number == last.Number)
                reply = last.Reply;
            else
            {
                begun = new TaskCompletionSource<EdgeReply>(TaskCreationOptions.RunContinuationsAsynchronously);
                reply = begun.Task;
                _received[(transfer.Tenant, transfer.Shard)] = new Received(transfer.Epoch, transfer.Number, reply);
            }
        }

        if (begun is not null)
        {
            try
            {
                begun.SetResult(await DeliverAsync(transfer).ConfigureAwait(false));
            }
            catch (Exception error)
            {
                begun.SetException(error);
            }
        }

        return await reply.ConfigureAwait(false);
    }

    public async ValueTask PushAsync(InboxPush push)
    {
        EnsurePresent();
        foreach (var (tenant, clientId, epoch, entries, owner) in push.Entries)
        {
            await node.DeliverInboxAsync(tenant, clientId, epoch, owner, entries).ConfigureAwait(false);
            if (!node.Holds(tenant, clientId, epoch))
                unclaimed.Watch(tenant, clientId, epoch);
        }
    }

    public ValueTask<EdgeRoutes> AnnounceAsync(string tenant, int shard, long epoch)
    {
        EnsurePresent();
        lock (_gate)
        {
            if (!_received.TryGetValue((tenant, shard), out var last) || last.Epoch < epoch)
                _received[(tenant, shard)] = new Received(epoch, Number: 0, Task.FromResult(new EdgeReply(IsOutOfDate: false, [])));
        }

        return new ValueTask<EdgeRoutes>(cluster.Announce(tenant, shard, epoch));
    }

    public ValueTask<bool> CloseAsync(string tenant, string clientId, long epoch, ReasonCode reason) =>
        node.CloseAsync(tenant, clientId, epoch, reason);

    public ValueTask<long> EvictAsync(string tenant, string clientId, ReasonCode reason) => node.EvictAsync(tenant, clientId, reason);

    private void EnsurePresent()
    {
        if (node.Id != edgeId)
            throw new RemoteCallException($"Edge {edgeId} has left the cluster.");
    }

    /// <summary>Everything is sent before anything is waited for: a receiver that does not read holds up the answer, not the others.</summary>
    private async ValueTask<EdgeReply> DeliverAsync(EdgeTransfer transfer)
    {
        var delivering = transfer.Messages.Count > 0 ? node.DeliverAsync(transfer.Tenant, transfer.Messages).AsTask() : Task.CompletedTask;
        Task<bool>[] members = [.. transfer.Members.Select(member =>
            node.DeliverToAsync(transfer.Tenant, member.ClientId, member.Epoch, member.Deliveries).AsTask())];
        await delivering.ConfigureAwait(false);
        var reached = await Task.WhenAll(members).ConfigureAwait(false);
        return new EdgeReply(IsOutOfDate: false, [.. Enumerable.Range(0, reached.Length).Where(index => !reached[index])]);
    }

    private sealed record Received(long Epoch, long Number, Task<EdgeReply> Reply);
}
