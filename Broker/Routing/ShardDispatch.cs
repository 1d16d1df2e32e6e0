using Starling.Broker.Messages;

namespace Starling.Broker.Routing;

/// <summary>What a batch leads to, gathered by receiver before any of it is done.</summary>
internal sealed class ShardDispatch
{
    public bool RetainedChanged { get; set; }

    /// <summary>Places in the batch of retained messages that are not to be acknowledged before they are stored.</summary>
    public List<int>? RetainedSafely { get; set; }

    public Dictionary<string, InboxBatch> Inboxes { get; } = [];

    public Dictionary<string, List<Message>> Edges { get; } = [];

    public Dictionary<(string EdgeId, string ClientId), List<Delivery>> Connections { get; } = [];

    /// <param name="clientId">Whose inbox.</param>
    /// <param name="delivery">The message as the session gets it.</param>
    /// <param name="index">Of the message in the publisher's batch.</param>
    public void ToInbox(string clientId, Delivery delivery, int index)
    {
        if (!Inboxes.TryGetValue(clientId, out var batch))
            Inboxes.Add(clientId, batch = new InboxBatch([], []));
        batch.Deliveries.Add(delivery);
        batch.Indexes.Add(index);
    }

    public void ToEdge(string edgeId, Message message) => Add(Edges, edgeId, message);

    public void ToConnection(string edgeId, string clientId, Delivery delivery) => Add(Connections, (edgeId, clientId), delivery);

    private static void Add<TKey, TValue>(Dictionary<TKey, List<TValue>> lists, TKey key, TValue value) where TKey : notnull
    {
        if (!lists.TryGetValue(key, out var list))
            lists.Add(key, list = []);
        list.Add(value);
    }

    /// <param name="Deliveries">For one inbox, in order.</param>
    /// <param name="Indexes">Where their messages are in the publisher's batch.</param>
    public sealed record InboxBatch(List<Delivery> Deliveries, List<int> Indexes);
}
