using Starling.Protocol;

namespace Starling.Durability.History;

/// <summary>A message as a subscriber's application got it; at QoS 2 repeats of a packet identifier that is not released are none.</summary>
/// <param name="Published">The QoS at which it was published.</param>
/// <param name="Delivered">The QoS of the PUBLISH that brought it.</param>
/// <param name="Connection">Counts the subscriber's connections.</param>
internal readonly record struct Receipt(
    MessageId Id, string Topic, QualityOfService Published, QualityOfService Delivered, int Connection, bool Dup);
