using Starling.Protocol;

namespace Starling.Broker.Messages;

/// <summary>A message as one receiver gets it.</summary>
/// <param name="Message">The shared message.</param>
/// <param name="QoS">The lower of the message's QoS and the subscription's ([MQTT-3.8.4-8]).</param>
/// <param name="Retain">The RETAIN flag that the receiver sees.</param>
/// <param name="SubscriptionIdentifiers">Those of every subscription that matched, or null.</param>
/// <param name="Group">The shared subscription that chose this receiver, or null.</param>
public readonly record struct Delivery(
    Message Message,
    QualityOfService QoS,
    bool Retain,
    uint[]? SubscriptionIdentifiers,
    SharedGroupKey? Group = null);

/// <summary>Names a shared subscription within a tenant.</summary>
public sealed record SharedGroupKey(string ShareName, string Filter);
