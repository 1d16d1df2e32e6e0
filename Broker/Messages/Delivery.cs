using Orleans;
using Starling.Protocol;

namespace Starling.Broker.Messages;

/// <summary>A message as one receiver gets it.</summary>
/// <param name="Message">The shared message.</param>
/// <param name="QoS">The lower of the message's QoS and the subscription's ([MQTT-3.8.4-8]).</param>
/// <param name="Retain">The RETAIN flag that the receiver sees.</param>
/// <param name="SubscriptionIdentifiers">Those of every subscription that matched, or null.</param>
/// <param name="Group">The shared subscription that chose this receiver, or null.</param>
/// <param name="From">Where another member of the shared subscription has left it; a store moves it from there in one step. Null for others.</param>
[Immutable]
public readonly record struct Delivery(
    Message Message,
    QualityOfService QoS,
    bool Retain,
    uint[]? SubscriptionIdentifiers,
    SharedGroupKey? Group = null,
    InboxPlace? From = null);

/// <param name="Session">What the store calls the session.</param>
/// <param name="Number">The entry's.</param>
/// <param name="Epoch">Of the session's owner, who leaves it.</param>
public sealed record InboxPlace(long Session, long Number, long Epoch);

/// <summary>Names a shared subscription within a tenant.</summary>
[GenerateSerializer, Immutable, Alias("starling.shared-group-key")]
public sealed record SharedGroupKey([Id(0)] string ShareName, [Id(1)] string Filter);
