using Starling.Broker.Contracts;
using Starling.Broker.Messages;
using Starling.Cluster.Contracts;
using Starling.Cluster.Serialization;
using Starling.Protocol;

namespace Starling.Cluster.Links;

/// <summary>
/// A session in another process. Calls whose outcome is not known are made again: those of a connection do nothing the second time, and
/// repeats of messages are allowed at QoS 1. If it is still not known after a while, the call fails as it would when the store is away, and
/// a connection closes.
///
/// Messages of QoS 2 are brought once: a first call that is long under way could come to the inbox behind the second one, when the message
/// is finished and nobody knows it any more. Of one that is in doubt the publisher's connection closes
/// (<see cref="PublishBatch.IsInDoubt"/>), and what its next connection brings the inbox can tell from it.
/// </summary>
/// <param name="options">How long it is tried.</param>
internal sealed class SessionLink(ISession session, LinkOptions options, TimeProvider time) : ISession
{
    private readonly RetryPolicy _retry = new(options, time);

    public ValueTask<SessionConnected> ConnectAsync(SessionConnect connect, CancellationToken abandoned = default) =>
        _retry.CallAsync(() => session.ConnectAsync(connect, abandoned), isOver: () => connect.Attempt == 0, abandoned);

    public ValueTask<bool> StartAsync(long epoch, int receiveMaximum) => _retry.CallAsync(() => session.StartAsync(epoch, receiveMaximum));

    public ValueTask DisconnectAsync(long epoch, SessionDisconnect disconnect) => _retry.CallAsync(() => session.DisconnectAsync(epoch, disconnect));

    public ValueTask SubscribeAsync(long epoch, IReadOnlyList<Subscription> subscriptions) =>
        _retry.CallAsync(() => session.SubscribeAsync(epoch, subscriptions));

    public ValueTask UnsubscribeAsync(long epoch, IReadOnlyList<string> filters) => _retry.CallAsync(() => session.UnsubscribeAsync(epoch, filters));

    /// <exception cref="RemoteCallException">There are messages of QoS 2 among it, and it is not known what became of them.</exception>
    public async ValueTask EnqueueAsync(IReadOnlyList<Delivery> deliveries)
    {
        var list = DeliveryList.Of(deliveries);
        if (deliveries.Any(IsUnrepeatable))
            await EnqueueOnceAsync(list).ConfigureAwait(false);
        else
            await _retry.CallAsync(() => session.EnqueueAsync(list)).ConfigureAwait(false);
    }

    public ValueTask<InboxSummary?> ReplayAsync(string filter, IReadOnlyList<Delivery> deliveries)
    {
        var list = DeliveryList.Of(deliveries);
        return _retry.CallAsync(() => session.ReplayAsync(filter, list), isOver: () => deliveries.Any(IsUnrepeatable));
    }

    public ValueTask AcknowledgeAsync(long epoch, IReadOnlyList<InboxAck> acks) => _retry.CallAsync(() => session.AcknowledgeAsync(epoch, acks));

    public ValueTask RecordReceivedAsync(long epoch, IReadOnlyList<ushort> received, IReadOnlyList<ushort> released) =>
        _retry.CallAsync(() => session.RecordReceivedAsync(epoch, received, released));

    public ValueTask WakeAsync() => _retry.CallAsync(session.WakeAsync);

    private async ValueTask EnqueueOnceAsync(DeliveryList deliveries)
    {
        try
        {
            await session.EnqueueAsync(deliveries).ConfigureAwait(false);
        }
        catch (Exception error) when (error is not RemoteCallException && !CallAnswers.IsAnswer(error))
        {
            throw new RemoteCallException($"{error.GetType().Name}: {error.Message}", error);
        }
    }

    /// <summary>What lies in another inbox is moved in one step. What inboxes note, the QoS 1 of a subscription does not make repeatable.</summary>
    private static bool IsUnrepeatable(Delivery delivery) =>
        delivery.From is null && (delivery.QoS == QualityOfService.ExactlyOnce || delivery.Message.RepeatableIdentifier != 0);
}
