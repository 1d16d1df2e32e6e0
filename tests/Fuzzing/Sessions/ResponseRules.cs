using Starling.Protocol;
using Starling.Testing;

namespace Starling.Fuzzing.Sessions;

/// <summary>
/// What the specifications allow a broker to send on one connection, written from their text and with no help from the broker's code
/// but the packet decoder. Every violation is a <see cref="FuzzException"/>.
/// </summary>
public sealed class ResponseRules(ClientStream client, SentMessages messages, string prefix)
{
    private readonly Dictionary<int, string> _aliases = [];
    private readonly HashSet<int> _here = [];
    private bool _ended;

    /// <summary>Null before an accepting CONNACK.</summary>
    public ConnAckPacket? ConnAck { get; private set; }

    private ProtocolVersion Version => client.Version;

    private bool IsV5 => Version == ProtocolVersion.Mqtt5;

    /// <returns>The packet.</returns>
    public object Check(PacketType type, byte[] bytes)
    {
        Require(!_ended, "something comes after the last packet of the connection");
        Require(client.Connect is not null || client.IsInvalid, "something comes before CONNECT");
        Require(client.Connect is null || bytes.Length <= (client.Connect.MaximumPacketSize ?? uint.MaxValue), "the packet is larger than the client takes [MQTT-3.1.2-24]");
        var packet = Decode(bytes);
        if (packet is ConnAckPacket connAck)
            Check(connAck);
        else if (ConnAck is null)
            Require(packet is AuthPacket && client.Connect?.AuthenticationMethod is not null, "the first packet is not CONNACK [MQTT-3.2.0-1]");
        else
            Check(type, packet);
        return packet;
    }

    private object Decode(byte[] bytes)
    {
        try
        {
            return AnyPacket.Decode(bytes, Version, PublishSender.Server);
        }
        catch (MqttProtocolException) when (client.Connect is null)
        {
            // Refused before a valid CONNECT said which version it is.
            return AnyPacket.Decode(bytes, ProtocolVersion.Mqtt311, PublishSender.Server);
        }
        catch (MqttProtocolException exception)
        {
            throw new FuzzException($"the broker's packet is not valid in {Version}: {exception.Message}");
        }
    }

    private void Check(ConnAckPacket connAck)
    {
        Require(ConnAck is null, "a second CONNACK [MQTT-3.2.0-2]");
        if (connAck.ReasonCode != ReasonCode.Success)
        {
            client.Session?.Answer(goesOn: true, isUntold: true);
            Require(!connAck.SessionPresent, "a refusal with session present [MQTT-3.2.2-6]");
            _ended = true;
            return;
        }
        Require(client.Connect is not null, "CONNACK accepts what is no valid CONNECT");
        Require(!(client.Connect!.CleanStart && connAck.SessionPresent), "session present after a clean start [MQTT-3.2.2-2]");
        Require(Version != ProtocolVersion.Mqtt31 || !connAck.SessionPresent, "MQTT 3.1 has no session present");
        var named = client.Connect.ClientIdentifier.Length > 0;
        Require(!IsV5 || named == connAck.AssignedClientIdentifier is null, "an identifier is assigned to a client that has none, and no other [MQTT-3.2.2-16]");
        // MQTT 3.1 does not tell.
        var isUntold = Version == ProtocolVersion.Mqtt31 && !client.Connect.CleanStart;
        client.Session!.Answer(goesOn: connAck.SessionPresent || isUntold, isUntold);
        ConnAck = connAck;
    }

    private void Check(PacketType type, object packet)
    {
        switch (packet)
        {
            case PublishMessage message:
                Check(message);
                break;
            case SubAckPacket subAck:
                var subscribe = Answered<SubscribePacket>(type, subAck.PacketIdentifier);
                Require(subAck.ReasonCodes.Count == subscribe.Subscriptions.Count, "SUBACK has another number of reason codes than SUBSCRIBE has filters [MQTT-3.8.4-6]");
                foreach (var (code, asked) in subAck.ReasonCodes.Zip(subscribe.Subscriptions))
                    Require((int)code is 0x80 || (IsV5 && (int)code > 0x80) || (int)code <= (int)asked.Options.MaximumQoS, $"SUBACK grants {code} where {asked.Options.MaximumQoS} was asked for");
                break;
            case UnsubAckPacket unsubAck:
                var unsubscribe = Answered<UnsubscribePacket>(type, unsubAck.PacketIdentifier);
                Require(!IsV5 || unsubAck.ReasonCodes.Count == unsubscribe.TopicFilters.Count, "UNSUBACK has another number of reason codes than UNSUBSCRIBE has filters [MQTT-3.11.3-1]");
                break;
            case AckPacket { Type: PacketType.PubRel } release:
                if (client.Session is { Earlier: null, IsBlurred: false })
                    Answered<object>(type, release.PacketIdentifier);
                break;
            case AckPacket ack:
                Answered<object>(type, ack.PacketIdentifier);
                break;
            case PingRespPacket:
                Require(client.Pings-- > 0, "PINGRESP without PINGREQ");
                break;
            case DisconnectPacket:
                Require(IsV5, "DISCONNECT to a client before MQTT 5");
                _ended = true;
                break;
            case AuthPacket:
                Require(client.Connect!.AuthenticationMethod is not null, "AUTH to a client that named no method [MQTT-4.12.0-6]");
                break;
            default:
                throw new FuzzException($"a broker does not send {type}");
        }
    }

    private void Check(PublishMessage message)
    {
        var session = client.Session!;
        var topic = message.Topic;
        if (message.Properties.TopicAlias is { } alias)
        {
            Require(alias <= (client.Connect!.TopicAliasMaximum ?? 0), $"topic alias {alias} is over the client's maximum [MQTT-3.1.2-26]");
            if (topic.Length > 0)
                _aliases[alias] = topic;
            else
                Require(_aliases.TryGetValue(alias, out topic!), $"topic alias {alias} has not been set");
        }
        var identifiers = message.Properties.SubscriptionIdentifiers;
        // Sessions of other names are shared with other scenarios.
        if (!session.IsBlurred && client.Connect!.ClientIdentifier is var name && (name.StartsWith(prefix, StringComparison.Ordinal) || name.Length == 0))
        {
            var granted = session.Granted(topic);
            Require(granted >= 0, $"a message to '{topic}', which the client has not subscribed to");
            Require((int)message.QoS <= granted, $"a message at QoS {(int)message.QoS}, where {granted} is granted [MQTT-3.8.4-8]");
            Require(identifiers.All(session.Knows), "a subscription identifier that the client has not set");
        }
        if (topic.StartsWith(prefix + "/", StringComparison.Ordinal))
        {
            var sent = messages.QoSOf(message with { Topic = topic });
            Require(sent is not null, $"a message to '{topic}' that nobody has sent");
            Require((int)message.QoS <= sent!.Value, "a message at a higher QoS than it was published at");
        }
        if (message.QoS == QualityOfService.AtMostOnce)
            return;
        var identifier = message.PacketIdentifier;
        Require(!IsUnfinished(identifier), $"packet identifier {identifier} is used again while it is in flight [MQTT-2.2.1-4]");
        Require(message.Dup || session.IsBlurred || !session.InFlight.ContainsKey(identifier), $"packet identifier {identifier} of an unfinished message comes again without DUP [MQTT-3.3.1-1]");
        Require(!message.Dup || ConnAck!.SessionPresent || Version == ProtocolVersion.Mqtt31, "DUP on a message of a new session");
        _here.Add(identifier);
        session.InFlight[identifier] = new((int)message.QoS);
        var unfinished = _here.Count(IsUnfinished);
        Require(unfinished <= (client.Connect!.ReceiveMaximum ?? 65_535), $"{unfinished} messages are in flight, more than the client's receive maximum [MQTT-3.3.4-9]");
    }

    private bool IsUnfinished(int identifier) =>
        _here.Contains(identifier) && client.Session!.InFlight.ContainsKey(identifier) && !client.Session.AcknowledgedUnseen.Contains(identifier);

    private T Answered<T>(PacketType type, int packetIdentifier) where T : class =>
        client.Awaited.Answer(type, packetIdentifier) as T ?? throw new FuzzException($"{type} {packetIdentifier} answers nothing");

    private static void Require(bool holds, string problem)
    {
        if (!holds)
            throw new FuzzException(problem);
    }
}
