using Starling.Broker.Messages;
using Starling.Cluster.Contracts;

namespace Starling.Cluster.Links;

/// <summary>What a shard has for an edge: messages for whoever subscribes there, or for one connection.</summary>
internal sealed class EdgeOutboundItem : IOutboundItem
{
    private readonly TaskCompletionSource<bool>? _reached;

    private EdgeOutboundItem(IReadOnlyList<Message> messages, MemberDeliveries? member, bool isAwaited)
    {
        Messages = messages;
        Member = member;
        _reached = isAwaited ? new TaskCompletionSource<bool>(TaskCreationOptions.RunContinuationsAsynchronously) : null;
        for (var i = 0; i < messages.Count; i++)
            Bytes += messages[i].Size + ShardOutboundItem.MessageBytes;
        foreach (var delivery in member?.Deliveries ?? [])
            Bytes += delivery.Message.Size + ShardOutboundItem.MessageBytes;
    }

    public IReadOnlyList<Message> Messages { get; }

    public MemberDeliveries? Member { get; }

    public long Bytes { get; }

    /// <summary>Done when the edge has answered: false when the connection was gone. Faulted when the shard is out of date.</summary>
    public Task<bool> Reached => _reached?.Task ?? Task.FromResult(true);

    public static EdgeOutboundItem Of(IReadOnlyList<Message> messages, bool isAwaited) => new(messages, member: null, isAwaited);

    public static EdgeOutboundItem Of(MemberDeliveries member, bool isAwaited) => new([], member, isAwaited);

    public void Complete(bool reached) => _reached?.TrySetResult(reached);

    public void Fail(Exception reason)
    {
        if (_reached?.TrySetException(reason) == true)
            _ = _reached.Task.Exception;
    }
}
