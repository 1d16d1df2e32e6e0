using Microsoft.Extensions.Logging;
using Starling.Broker.Contracts;
using Starling.Cluster.Contracts;
using Starling.Protocol;

namespace Starling.Cluster.Links;

/// <summary>
/// An edge in another process, as the sessions of a silo see it (<see cref="StopAndWaitSender{T}"/> says how). Entries of all their inboxes go in
/// shared calls, in order; a session waits for room only, since what its client has is known by its acknowledgements. A call is repeated
/// for as long as the edge lives.
/// </summary>
public sealed class InboxLink(IRemoteEdge remote, LinkOptions options, TimeProvider time, ILogger logger) : IInboxDelivery
{
    private readonly StopAndWaitSender<Item> _sender = new(
        "inbox",
        async batch =>
        {
            await remote.PushAsync(new InboxPush([.. batch.Items.Select(item => item.Entries)])).ConfigureAwait(false);
            return CallResult.Answered;
        },
        options with { Patience = TimeSpan.MaxValue },
        time,
        logger);
    private readonly RetryPolicy _retry = new(options, time);
    private volatile bool _ended;

    /// <summary>Done when there is room for them.</summary>
    public async ValueTask DeliverInboxAsync(string tenant, string clientId, long epoch, long owner, IReadOnlyList<InboxEntry> entries)
    {
        try
        {
            await _sender.AddAsync(new Item(new ConnectionEntries(tenant, clientId, epoch, entries, owner))).ConfigureAwait(false);
        }
        catch (StoreUnavailableException) when (_ended)
        {
            // The connection is gone with its edge; the session will hear of it.
        }
    }

    public async ValueTask<bool> CloseAsync(string tenant, string clientId, long epoch, ReasonCode reason)
    {
        try
        {
            return await _retry.CallAsync(() => remote.CloseAsync(tenant, clientId, epoch, reason), isOver: () => _ended).ConfigureAwait(false);
        }
        catch (StoreUnavailableException) when (_ended)
        {
            return true;
        }
    }

    /// <summary>The edge is gone.</summary>
    public void End()
    {
        _ended = true;
        _sender.End(new StoreUnavailableException("Edge unavailable: it left the cluster."));
    }

    private sealed record Item(ConnectionEntries Entries) : IOutboundItem
    {
        public long Bytes { get; } = Entries.Entries.Sum(entry => (long)entry.Delivery.Message.Size + ShardOutboundItem.MessageBytes);

        public void Fail(Exception reason)
        {
        }
    }
}
