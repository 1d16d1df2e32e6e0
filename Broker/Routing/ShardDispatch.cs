using Starling.Broker.Messages;

namespace Starling.Broker.Routing;

/// <summary>What a batch leads to, gathered by receiver before any of it is done.</summary>
internal sealed class ShardDispatch
{
    private (string Id, List<Message> Messages)? _lastEdge;

    public bool RetainedChanged { get; set; }

    /// <summary>Places in the batch of retained messages that are not to be acknowledged before they are stored.</summary>
    public List<int>? RetainedSafely { get; set; }

    /// <summary>Whether the store has rejected one of the messages that were retained: all of <see cref="RetainedSafely"/> are refused.</summary>
    public bool HasRejected { get; set; }

    public Dictionary<string, Share> Inboxes { get; } = [];

    public Dictionary<string, List<Message>> Edges { get; } = [];

    public Dictionary<ConnectionKey, Share> Connections { get; } = [];

    /// <param name="delivery">The message as the session gets it.</param>
    /// <param name="index">Of the message in the batch.</param>
    public void ToInbox(string clientId, Delivery delivery, int index) => Add(Inboxes, clientId, delivery, index);

    public void ToEdge(string edgeId, Message message)
    {
        if (_lastEdge is not { } last || !ReferenceEquals(last.Id, edgeId))
        {
            if (!Edges.TryGetValue(edgeId, out var messages))
                Edges.Add(edgeId, messages = []);
            _lastEdge = last = (edgeId, messages);
        }

        last.Messages.Add(message);
    }

    public void ToConnection(ConnectionKey connection, Delivery delivery, int index) => Add(Connections, connection, delivery, index);

    private static void Add<TKey>(Dictionary<TKey, Share> shares, TKey key, Delivery delivery, int index) where TKey : notnull
    {
        if (!shares.TryGetValue(key, out var share))
            shares.Add(key, share = new Share([], []));
        share.Deliveries.Add(delivery);
        share.Indexes.Add(index);
    }

    /// <param name="Deliveries">For one receiver, in order.</param>
    /// <param name="Indexes">Where their messages are in the batch.</param>
    public sealed record Share(List<Delivery> Deliveries, List<int> Indexes);
}

/// <summary>One connection of a client.</summary>
internal readonly record struct ConnectionKey(string EdgeId, string ClientId, long Epoch);
