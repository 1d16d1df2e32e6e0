using Starling.Broker.Contracts;
using Starling.Cluster.Contracts;
using Starling.Cluster.Edges;
using Starling.Cluster.Links;
using Starling.Protocol;

namespace Starling.Edge.Nodes;

/// <summary>
/// This process as the edge of one id, for shards and sessions in other processes. A transfer that comes again under its number gets the
/// answer of the first; one of a shard with a lower epoch than the highest seen is refused. When the process is no longer the edge of this id,
/// calls fail: the directory has the edge's new id. Thread-safe.
/// </summary>
internal sealed class RemoteEdge(EdgeNode node, string edgeId, EdgeCluster cluster, UnclaimedConnections unclaimed) : IRemoteEdge
{
    private static readonly EdgeReply OutOfDate = new(IsOutOfDate: true, []);

    private readonly TransferDeduplicator<EdgeReply> _transfers = new();

    public ValueTask<EdgeReply> TransferAsync(EdgeTransfer transfer)
    {
        EnsurePresent();
        return _transfers.RunAsync(
            new TransferId(transfer.Tenant, transfer.Shard, transfer.Epoch, transfer.Number), () => DeliverAsync(transfer), superseded: OutOfDate);
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
        _transfers.Begin(tenant, shard, epoch);
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
    private async Task<EdgeReply> DeliverAsync(EdgeTransfer transfer)
    {
        var delivering = transfer.Messages.Count > 0 ? node.DeliverAsync(transfer.Tenant, transfer.Messages).AsTask() : Task.CompletedTask;
        Task<bool>[] members = [.. transfer.Members.Select(member =>
            node.DeliverToAsync(transfer.Tenant, member.ClientId, member.Epoch, member.Deliveries).AsTask())];
        await delivering.ConfigureAwait(false);
        var reached = await Task.WhenAll(members).ConfigureAwait(false);
        return new EdgeReply(IsOutOfDate: false, [.. Enumerable.Range(0, reached.Length).Where(index => !reached[index])]);
    }
}
