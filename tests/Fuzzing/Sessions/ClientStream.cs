using Starling.Protocol;
using Starling.Testing;

namespace Starling.Fuzzing.Sessions;

/// <summary>Reads along what a client sends: what the broker may answer follows from it.</summary>
/// <param name="sessions">Of all connections up to now, by client identifier.</param>
/// <param name="messages">Of the scenario.</param>
public sealed class ClientStream(Dictionary<string, List<SessionMemory>> sessions, SentMessages messages)
{
    private readonly Dictionary<int, string> _aliases = [];
    private byte[] _rest = [];

    public ConnectPacket? Connect { get; private set; }

    /// <summary>Null before a valid CONNECT.</summary>
    public SessionMemory? Session { get; private set; }

    public Awaited Awaited { get; } = new();

    public int Pings { get; set; }

    /// <summary>The broker has to close the connection: something is malformed or against the protocol, or it was DISCONNECT.</summary>
    public bool HasEnded { get; private set; }

    public bool IsMidPacket => _rest.Length > 0 && !HasEnded;

    /// <summary>Something came that is not valid.</summary>
    public bool IsInvalid { get; private set; }

    public ProtocolVersion Version => Connect?.ProtocolVersion ?? ProtocolVersion.Mqtt5;

    public void Sent(byte[] bytes)
    {
        if (HasEnded)
            return;
        _rest = [.. _rest, .. bytes];
        try
        {
            while (!HasEnded && Framing.TryReadFixedHeader(_rest, int.MaxValue, out var header, Version) && _rest.Length >= header.PacketLength)
            {
                var packet = AnyPacket.Decode(_rest.AsSpan(0, header.PacketLength), Version, PublishSender.Client);
                _rest = _rest[header.PacketLength..];
                Take(header.Type, packet);
            }
        }
        catch (MqttProtocolException)
        {
            (HasEnded, IsInvalid) = (true, true);
        }
    }

    private void Take(PacketType type, object packet)
    {
        if (Connect is null != packet is ConnectPacket)
        {
            (HasEnded, IsInvalid) = (true, true);
            return;
        }
        switch (packet)
        {
            case ConnectPacket connect:
                Connect = connect;
                Session = new SessionMemory();
                if (!sessions.TryGetValue(connect.ClientIdentifier, out var before))
                    sessions[connect.ClientIdentifier] = before = [];
                if (connect.ClientIdentifier.Length > 0)
                    Session.Begin(before);
                before.Add(Session);
                if (connect.Will is { } will)
                    messages.Add(will.Topic, will.Payload.Span, will.QoS, will.Retain);
                break;
            case PublishMessage message:
                Publish(message);
                break;
            case SubscribePacket subscribe:
                Awaited.Ask(PacketType.SubAck, subscribe.PacketIdentifier, subscribe);
                if (subscribe.SubscriptionIdentifier is { } identifier)
                    Session!.SubscriptionIdentifiers.Add(identifier);
                foreach (var (filter, options) in subscribe.Subscriptions)
                    Session!.Filters[filter] = Math.Max(Session.Filters.GetValueOrDefault(filter), (int)options.MaximumQoS);
                break;
            case UnsubscribePacket unsubscribe:
                Awaited.Ask(PacketType.UnsubAck, unsubscribe.PacketIdentifier, unsubscribe);
                break;
            case AckPacket ack:
                Acknowledge(ack);
                break;
            case PingReqPacket:
                Pings++;
                break;
            case DisconnectPacket:
                HasEnded = true;
                break;
            case AuthPacket when Connect!.AuthenticationMethod is not null:
                break;
            default:
                (HasEnded, IsInvalid) = (true, true);
                break;
        }
    }

    private void Publish(PublishMessage message)
    {
        var topic = message.Topic;
        if (message.Properties.TopicAlias is { } alias)
        {
            if (topic.Length > 0)
                _aliases[alias] = topic;
            else if (!_aliases.TryGetValue(alias, out topic!))
            {
                (HasEnded, IsInvalid) = (true, true);
                return;
            }
        }
        messages.Add(topic, message.Payload.Span, message.QoS, message.Retain);
        if (message.QoS > 0)
            Awaited.Ask(message.QoS == QualityOfService.AtLeastOnce ? PacketType.PubAck : PacketType.PubRec, message.PacketIdentifier, message);
    }

    private void Acknowledge(AckPacket ack)
    {
        var inFlight = Session!.InFlight;
        var known = inFlight.TryGetValue(ack.PacketIdentifier, out var state);
        if (!known)
            Session.AcknowledgedUnseen.Add(ack.PacketIdentifier);
        switch (ack.Type)
        {
            case PacketType.PubRel:
                Awaited.Ask(PacketType.PubComp, ack.PacketIdentifier, ack);
                break;
            case PacketType.PubRec:
                Awaited.Ask(PacketType.PubRel, ack.PacketIdentifier, ack);
                if (known && state.QoS == 2 && ack.ReasonCode >= ReasonCode.UnspecifiedError)
                    inFlight.Remove(ack.PacketIdentifier);
                else if (known && state.QoS == 2)
                    inFlight[ack.PacketIdentifier] = state with { Received = true };
                break;
            case PacketType.PubAck when known && state.QoS == 1:
            case PacketType.PubComp when known && state is { QoS: 2, Received: true }:
                inFlight.Remove(ack.PacketIdentifier);
                break;
        }
    }
}
