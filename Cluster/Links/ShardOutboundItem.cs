using System.Diagnostics;
using Starling.Broker.Contracts;
using Starling.Broker.Messages;
using Starling.Broker.Telemetry;
using Starling.Cluster.Contracts;
using Starling.Protocol;

namespace Starling.Cluster.Links;

/// <summary>What one caller has for a shard: the messages of a connection's read, or a change of routes that it waits for.</summary>
internal sealed class ShardOutboundItem : IOutboundItem
{
    /// <summary>What a message costs besides its own bytes, about.</summary>
    internal const int MessageBytes = 64;

    private readonly PublishBatch? _batch;
    private readonly Action? _confirmed;
    private readonly TaskCompletionSource? _done;
    private int[]? _places;
    private int _settled;

    private ShardOutboundItem(Message[] messages, PublishBatch? batch, Action? confirmed, bool isAwaited)
    {
        Messages = messages;
        _batch = batch;
        _confirmed = confirmed;
        _done = isAwaited ? new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously) : null;
        foreach (var message in messages)
        {
            Bytes += message.Size + MessageBytes;
            IsRepeatable &= message.QoS < QualityOfService.ExactlyOnce;
        }
    }

    /// <summary>The trace that it is a part of, if any.</summary>
    public Activity? Origin { get; } = BrokerTracing.Current;

    public Message[] Messages { get; private set; }

    public long Bytes { get; }

    /// <summary>
    /// Whether a shard may get it that is not the one which may have had it. At QoS 2 only the publisher may repeat it, by its next
    /// connection: inboxes know its repeats, and pass over what is still under way of this one (<see cref="IInboxStore.AppendAsync"/>).
    /// </summary>
    public bool IsRepeatable { get; } = true;

    /// <summary>
    /// Another shard than the one that may have had it is about to get it. QoS 0 comes at most once, so it stays behind; what becomes of it
    /// nobody asks.
    /// </summary>
    public void LeaveOutQoS0()
    {
        if (!Array.Exists(Messages, static message => message.QoS == QualityOfService.AtMostOnce))
            return;
        var left = Enumerable.Range(0, Messages.Length).Where(i => Messages[i].QoS > QualityOfService.AtMostOnce).ToArray();
        _places = [.. left.Select(Place)];
        Messages = [.. left.Select(i => Messages[i])];
    }

    /// <summary>Done when the shard has answered.</summary>
    public Task Done => _done?.Task ?? Task.CompletedTask;

    /// <param name="batch">Its outcomes are filled in, if the caller awaits them; its messages are copied.</param>
    /// <param name="isAwaited">Whether the caller awaits <see cref="Done"/>.</param>
    public static ShardOutboundItem Of(PublishBatch batch, bool isAwaited) => new(batch.ToArray(), isAwaited ? batch : null, confirmed: null, isAwaited);

    /// <param name="confirmed">Called when the shard knows of all route changes that were made before.</param>
    /// <param name="isAwaited">Whether the caller awaits <see cref="Done"/>.</param>
    public static ShardOutboundItem OfRoutes(Action? confirmed, bool isAwaited) => new([], batch: null, confirmed, isAwaited);

    /// <param name="reply">Of the shard.</param>
    /// <param name="offset">Where this item's messages begin in the transfer.</param>
    public void Complete(ShardReply reply, int offset)
    {
        if (Interlocked.Exchange(ref _settled, 1) != 0)
            return;
        _confirmed?.Invoke();
        if (_batch is not null)
        {
            for (var i = 0; i < Messages.Length && reply.Outcomes.Count > 0; i++)
                _batch.SetOutcome(Place(i), reply.Outcomes[offset + i]);
            foreach (var index in reply.NotStored)
            {
                if (index >= offset && index < offset + Messages.Length)
                    _batch.SetNotStored(Place(index - offset), reply.Outcomes[index] == ReasonCode.ServerUnavailable);
            }
        }

        _done?.SetResult();
    }

    public void Fail(Exception reason)
    {
        if (Interlocked.Exchange(ref _settled, 1) != 0 || _done is null)
            return;
        _done.SetException(reason);
        // It may be that nobody looks any more.
        _ = _done.Task.Exception;
    }

    /// <summary>Where a message is in the batch.</summary>
    private int Place(int index) => _places?[index] ?? index;
}
