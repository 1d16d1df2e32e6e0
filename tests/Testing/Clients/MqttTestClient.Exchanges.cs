using System.Text;
using Starling.Protocol;

namespace Starling.Testing;

/// <summary>A request and its answer in one call. A PUBLISH that comes before the answer is kept for the next receive.</summary>
public sealed partial class MqttTestClient
{
    private ushort _lastPacketIdentifier;

    /// <summary>Sends CONNECT; the answer may be a refusal.</summary>
    public async Task<ConnAckPacket> ConnectAsync(ConnectPacket connect)
    {
        await SendAsync(connect);
        return await ExpectAsync<ConnAckPacket>();
    }

    /// <summary>Connects or fails.</summary>
    /// <param name="clientIdentifier">May be empty where the version allows it.</param>
    /// <param name="cleanStart">Clean Session before MQTT 5.</param>
    /// <param name="sessionExpiryInterval">Seconds; MQTT 5 only.</param>
    public async Task<ConnAckPacket> ConnectAsync(string clientIdentifier, bool cleanStart = true, uint? sessionExpiryInterval = null)
    {
        var connAck = await ConnectAsync(new ConnectPacket
        {
            ProtocolVersion = Version,
            ClientIdentifier = clientIdentifier,
            CleanStart = cleanStart,
            SessionExpiryInterval = sessionExpiryInterval,
        });
        return connAck.ReasonCode == ReasonCode.Success
            ? connAck
            : throw new UnexpectedException($"expected to be connected, got {connAck}");
    }

    /// <summary>Subscribes; the answer may be a refusal.</summary>
    public async Task<SubAckPacket> SubscribeAsync(SubscribePacket subscribe)
    {
        await SendAsync(subscribe);
        return await AnswerAsync<SubAckPacket>(answer => answer.PacketIdentifier == subscribe.PacketIdentifier);
    }

    /// <summary>Subscribes or fails.</summary>
    public async Task<SubAckPacket> SubscribeAsync(string filter, QualityOfService maximumQoS = QualityOfService.AtMostOnce)
    {
        var subAck = await SubscribeAsync(new SubscribePacket
        {
            PacketIdentifier = NextPacketIdentifier(),
            Subscriptions = [new(filter, new(maximumQoS))],
        });
        return subAck.ReasonCodes is [< ReasonCode.UnspecifiedError] ? subAck : throw new UnexpectedException(
            $"expected to be subscribed to {filter}, got {string.Join(' ', subAck.ReasonCodes)}");
    }

    public async Task<UnsubAckPacket> UnsubscribeAsync(params string[] filters)
    {
        var unsubscribe = new UnsubscribePacket { PacketIdentifier = NextPacketIdentifier(), TopicFilters = filters };
        await SendAsync(unsubscribe);
        return await AnswerAsync<UnsubAckPacket>(answer => answer.PacketIdentifier == unsubscribe.PacketIdentifier);
    }

    /// <inheritdoc cref="PublishAsync(PublishMessage)"/>
    public Task<ReasonCode> PublishAsync(
        string topic, string payload, QualityOfService qos = QualityOfService.AtMostOnce, bool retain = false) =>
        PublishAsync(new PublishMessage { Topic = topic, Payload = Encoding.UTF8.GetBytes(payload), QoS = qos, Retain = retain });

    /// <summary>Publishes, through to PUBACK or PUBCOMP. Returns the reason code of PUBACK or PUBREC, success at QoS 0.</summary>
    public async Task<ReasonCode> PublishAsync(PublishMessage message)
    {
        if (message.QoS != QualityOfService.AtMostOnce && message.PacketIdentifier == 0)
            message = message with { PacketIdentifier = NextPacketIdentifier() };
        await SendAsync(message);
        switch (message.QoS)
        {
            case QualityOfService.AtLeastOnce:
                return (await AckAsync(PacketType.PubAck, message.PacketIdentifier)).ReasonCode;
            case QualityOfService.ExactlyOnce:
                var pubRec = await AckAsync(PacketType.PubRec, message.PacketIdentifier);
                if (pubRec.ReasonCode >= ReasonCode.UnspecifiedError)
                    return pubRec.ReasonCode;
                await SendAsync(new AckPacket(PacketType.PubRel, message.PacketIdentifier));
                await AckAsync(PacketType.PubComp, message.PacketIdentifier);
                return pubRec.ReasonCode;
            default:
                return ReasonCode.Success;
        }
    }

    /// <summary>The next packet, a PUBLISH, acknowledged as its QoS asks for, through to PUBCOMP.</summary>
    public async Task<PublishMessage> ExpectMessageAsync()
    {
        var message = await ExpectAsync<PublishMessage>();
        if (message.QoS == QualityOfService.AtLeastOnce)
            await SendAsync(new AckPacket(PacketType.PubAck, message.PacketIdentifier));
        if (message.QoS != QualityOfService.ExactlyOnce)
            return message;
        await SendAsync(new AckPacket(PacketType.PubRec, message.PacketIdentifier));
        await AckAsync(PacketType.PubRel, message.PacketIdentifier);
        await SendAsync(new AckPacket(PacketType.PubComp, message.PacketIdentifier));
        return message;
    }

    /// <summary>Sends DISCONNECT and waits for the server to close.</summary>
    public async Task DisconnectAsync(ReasonCode reasonCode = ReasonCode.NormalDisconnection, uint? sessionExpiryInterval = null)
    {
        await SendAsync(new DisconnectPacket { ReasonCode = reasonCode, SessionExpiryInterval = sessionExpiryInterval });
        while (await TryReceiveAsync("the connection to be closed") is { } received)
        {
            if (received.Type != PacketType.Publish)
                throw new UnexpectedException($"expected the connection to be closed, got {received}");
        }
    }

    /// <summary>One that this client has not used yet.</summary>
    public ushort NextPacketIdentifier() => ++_lastPacketIdentifier;

    private Task<AckPacket> AckAsync(PacketType type, ushort packetIdentifier) =>
        AnswerAsync<AckPacket>(answer => answer.Type == type && answer.PacketIdentifier == packetIdentifier, $"{type} {packetIdentifier}");

    private async Task<T> AnswerAsync<T>(Func<T, bool> isAnswer, string? expected = null)
    {
        expected ??= typeof(T).Name;
        var postponed = new List<ReceivedPacket>();
        try
        {
            while (true)
            {
                var received = await ReceiveAsync(expected);
                if (received.Packet is T answer && isAnswer(answer))
                    return answer;
                if (received.Type != PacketType.Publish)
                    throw new UnexpectedException($"expected {expected}, got {received}");
                postponed.Add(received);
            }
        }
        finally
        {
            foreach (var packet in postponed)
                _postponed.Enqueue(packet);
        }
    }
}
