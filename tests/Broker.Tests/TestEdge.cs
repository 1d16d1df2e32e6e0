using System.Collections.Concurrent;
using Starling.Broker.Contracts;
using Starling.Broker.Messages;
using Starling.Protocol;

namespace Starling.Broker.Tests;

/// <summary>An edge that only notes what it is given. Its connections are those that a test names in <see cref="Reachable"/>.</summary>
internal sealed class TestEdge(string id) : IEdge
{
    public string Id => id;

    public HashSet<string> Reachable { get; } = [];

    public List<Message> Messages { get; } = [];

    /// <summary>By client id, in order.</summary>
    public ConcurrentDictionary<string, List<Delivery>> Connections { get; } = [];

    public ConcurrentDictionary<string, List<InboxEntry>> Inboxes { get; } = [];

    public List<(string ClientId, long Epoch, ReasonCode Reason)> Closed { get; } = [];

    /// <summary>What a connection does when it is told to close.</summary>
    public Func<Task> OnClose { get; set; } = () => Task.CompletedTask;

    public string[] PayloadsFor(string clientId) =>
        [.. Connections.GetValueOrDefault(clientId, []).Select(delivery => Text(delivery.Message))];

    public string[] InboxPayloadsFor(string clientId) =>
        [.. Inboxes.GetValueOrDefault(clientId, []).Select(entry => Text(entry.Delivery.Message))];

    public ValueTask DeliverAsync(string tenant, IReadOnlyList<Message> messages)
    {
        Messages.AddRange(messages);
        return ValueTask.CompletedTask;
    }

    public ValueTask<bool> DeliverToAsync(string tenant, string clientId, long epoch, IReadOnlyList<Delivery> deliveries)
    {
        if (!Reachable.Contains(clientId))
            return new(false);
        Connections.GetOrAdd(clientId, _ => []).AddRange(deliveries);
        return new(true);
    }

    public ValueTask DeliverInboxAsync(string tenant, string clientId, long epoch, long owner, IReadOnlyList<InboxEntry> entries)
    {
        Inboxes.GetOrAdd(clientId, _ => []).AddRange(entries);
        return ValueTask.CompletedTask;
    }

    public async ValueTask<bool> CloseAsync(string tenant, string clientId, long epoch, ReasonCode reason)
    {
        Closed.Add((clientId, epoch, reason));
        await OnClose();
        return true;
    }

    public static string Text(Message message) => System.Text.Encoding.UTF8.GetString(message.Payload);
}
