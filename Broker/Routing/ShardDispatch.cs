using Starling.Broker.Messages;

namespace Starling.Broker.Routing;

/// <summary>What a batch leads to, gathered by receiver before any of it is done.</summary>
internal sealed class ShardDispatch
{
    public bool RetainedChanged { get; set; }

    public Dictionary<string, List<Delivery>> Inboxes { get; } = [];

    public Dictionary<string, List<Message>> Edges { get; } = [];

    public Dictionary<(string EdgeId, string ClientId), List<Delivery>> Connections { get; } = [];

    public void ToInbox(string clientId, Delivery delivery) => Add(Inboxes, clientId, delivery);

    public void ToEdge(string edgeId, Message message) => Add(Edges, edgeId, message);

    public void ToConnection(string edgeId, string clientId, Delivery delivery) => Add(Connections, (edgeId, clientId), delivery);

    private static void Add<TKey, TValue>(Dictionary<TKey, List<TValue>> lists, TKey key, TValue value) where TKey : notnull
    {
        if (!lists.TryGetValue(key, out var list))
            lists.Add(key, list = []);
        list.Add(value);
    }
}
