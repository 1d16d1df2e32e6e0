using Starling.Broker.Contracts;
using Starling.Broker.Messages;
using Starling.Cluster.Contracts;
using Starling.Protocol;

namespace Starling.Cluster.Links;

/// <summary>
/// An edge in another process, as the sessions of a silo see it (<see cref="StopAndWaitSender{T}"/> says how). Entries of all their inboxes go in
/// shared calls, in order; a session waits for room only, since what its client has is known by its acknowledgements. A call is repeated
/// for as long as the edge lives.
/// </summary>
/// <param name="edgeId">The edge's id.</param>
/// <param name="remote">The edge.</param>
/// <param name="options">The bounds.</param>
/// <param name="time">The clock.</param>
public sealed class InboxLink(string edgeId, IRemoteEdge remote, LinkOptions options, TimeProvider time) : IEdge
{
    private readonly StopAndWaitSender<Item> _courier = new(
        "inbox",
        async load =>
        {
            await remote.PushAsync(new InboxPush([.. load.Items.Select(item => item.Entries)])).ConfigureAwait(false);
            return CallResult.Answered;
        },
        options with { Patience = TimeSpan.MaxValue },
        time);
    private readonly RetryPolicy _repetition = new(options, time);
    private volatile bool _ended;

    public string Id => edgeId;

    /// <summary>Done when there is room for them.</summary>
    public async ValueTask DeliverInboxAsync(string tenant, string clientId, long epoch, long owner, IReadOnlyList<InboxEntry> entries)
    {
        try
        {
            await _courier.AddAsync(new Item(new ConnectionEntries(tenant, clientId, epoch, entries, owner))).ConfigureAwait(false);
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
            return await _repetition.CallAsync(() => remote.CloseAsync(tenant, clientId, epoch, reason), isOver: () => _ended).ConfigureAwait(false);
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
        _courier.End(new StoreUnavailableException("The edge is gone."));
    }

    ValueTask IEdge.DeliverAsync(string tenant, IReadOnlyList<Message> messages) => throw NotForSessions();

    ValueTask<bool> IEdge.DeliverToAsync(string tenant, string clientId, long epoch, IReadOnlyList<Delivery> deliveries) => throw NotForSessions();

    private static NotSupportedException NotForSessions() => new("Shards have links of their own, which keep their order.");

    private sealed record Item(ConnectionEntries Entries) : IOutboundItem
    {
        public long Bytes { get; } = Entries.Entries.Sum(entry => (long)entry.Delivery.Message.Size + ShardOutboundItem.MessageBytes);

        public void Fail(Exception reason)
        {
        }
    }
}
