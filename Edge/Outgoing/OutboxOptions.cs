using Starling.Protocol;

namespace Starling.Edge.Outgoing;

/// <param name="ReceiveMaximum">QoS 1 and 2 messages that the client takes unacknowledged ([MQTT-3.3.4-9]).</param>
/// <param name="MaximumPacketSize">Bytes ([MQTT-3.1.2-24]).</param>
/// <param name="TopicAliasMaximum">Aliases that the client takes ([MQTT-3.1.2-26], [-27]).</param>
/// <param name="QueueBytes">Bytes that may wait for a client that does not read.</param>
internal sealed record OutboxOptions(
    ProtocolVersion Version,
    ushort ReceiveMaximum,
    uint MaximumPacketSize,
    ushort TopicAliasMaximum,
    long QueueBytes);
