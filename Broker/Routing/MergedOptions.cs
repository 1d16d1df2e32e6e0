using Starling.Broker.Contracts;
using Starling.Broker.Messages;
using Starling.Protocol;

namespace Starling.Broker.Routing;

/// <summary>
/// The options of all subscriptions of one client that match a topic, as one: the client gets one copy of a message, at the highest
/// QoS among them ([MQTT-3.3.4-2]), with every subscription identifier ([MQTT-3.3.4-4]).
/// </summary>
public sealed record MergedOptions(QualityOfService MaximumQoS, bool RetainAsPublished, uint[]? SubscriptionIdentifiers)
{
    public static MergedOptions Of(IReadOnlyCollection<Subscription> subscriptions)
    {
        var identifiers = subscriptions.Where(s => s.SubscriptionIdentifier is not null).Select(s => s.SubscriptionIdentifier!.Value).ToArray();
        return new MergedOptions(
            subscriptions.Max(s => s.Options.MaximumQoS),
            subscriptions.Any(s => s.Options.RetainAsPublished),
            identifiers.Length == 0 ? null : identifiers);
    }

    /// <summary>For messages that the subscriber has published itself: without its No Local subscriptions ([MQTT-3.8.3-3]).</summary>
    public static MergedOptions? ForPublisher(IReadOnlyCollection<Subscription> subscriptions)
    {
        var others = subscriptions.Where(s => !s.Options.NoLocal).ToArray();
        return others.Length == 0 ? null : Of(others);
    }

    public QualityOfService QoSOf(Message message) => message.QoS < MaximumQoS ? message.QoS : MaximumQoS;

    /// <summary>A message that has just been published; RETAIN is kept only where asked for ([MQTT-3.3.1-12], [-13]).</summary>
    public Delivery Deliver(Message message) =>
        new(message, QoSOf(message), RetainAsPublished && message.Retain, SubscriptionIdentifiers);
}
