using System.Buffers;
using Starling.Edge.Transports;
using Starling.Protocol;

namespace Starling.Edge.Connections;

/// <summary>Reads whole packets one at a time before a connection is accepted, within the size that is allowed then, and answers them.</summary>
internal sealed class ConnectHandshake(ClientTransport transport, EdgeServices node)
{
    /// <summary>Bridges of MQTT 3 add 0x80 to their level.</summary>
    private const byte BridgeLevels = 0x80;

    private readonly int _maximumPacketSize = node.Options.Limits.MaximumConnectPacketSize;

    /// <summary>Zero until CONNECT has told.</summary>
    public ProtocolVersion Version { get; private set; }

    /// <summary>The first packet, which has to be CONNECT ([MQTT-3.1.0-1]); null when the client left before it.</summary>
    /// <exception cref="MqttProtocolException">It is something else, or wrong.</exception>
    public Task<ConnectPacket?> ReadConnectAsync() => ReadAsync((header, body) =>
    {
        if (header.Type != PacketType.Connect)
            throw new MqttProtocolException(ReasonCode.ProtocolError, $"the first packet is {header.Type}, not CONNECT [MQTT-3.1.0-1]");
        if (ConnectPacket.TryReadProtocolLevel(body, out var level))
            Version = level is >= (byte)ProtocolVersion.Mqtt5 and < BridgeLevels ? ProtocolVersion.Mqtt5 : ProtocolVersion.Mqtt311;
        return ConnectPacket.Decode(body);
    });

    /// <summary>The next packet of an enhanced authentication; null when the client gave up.</summary>
    /// <exception cref="MqttProtocolException">It is neither AUTH nor DISCONNECT, or wrong.</exception>
    public Task<AuthPacket?> ReadAuthAsync() => ReadAsync((header, body) => header.Type switch
    {
        PacketType.Auth => AuthPacket.Decode(body, ProtocolVersion.Mqtt5),
        PacketType.Disconnect => null,
        _ => throw new MqttProtocolException(ReasonCode.ProtocolError, $"{header.Type} before the authentication is complete [MQTT-3.1.2-30]"),
    });

    public async ValueTask SendAsync(AuthPacket packet)
    {
        packet.Encode(transport.Output, ProtocolVersion.Mqtt5);
        await transport.Output.FlushAsync().ConfigureAwait(false);
    }

    /// <summary>
    /// Answers a CONNECT that is refused ([MQTT-3.2.2-7]). A client that spoke no known protocol gets nothing ([MQTT-3.1.2-1]), nor does
    /// one before MQTT 5 when no return code says what is wrong ([MQTT-3.1.4-1] and [MQTT-3.2.2-6] of 3.1.1).
    /// </summary>
    public async ValueTask RefuseAsync(ReasonCode reason, uint maximumPacketSize = uint.MaxValue)
    {
        if (Version == 0 || (Version != ProtocolVersion.Mqtt5 && !HasReturnCode(reason)))
            return;
        new ConnAckPacket { ReasonCode = reason }.Encode(transport.Output, Version, maximumPacketSize);
        await transport.Output.FlushAsync().ConfigureAwait(false);
    }

    private static bool HasReturnCode(ReasonCode reason) => reason is not (
        ReasonCode.MalformedPacket or ReasonCode.ProtocolError or ReasonCode.TopicNameInvalid or ReasonCode.PacketTooLarge
        or ReasonCode.QoSNotSupported or ReasonCode.RetainNotSupported);

    private async Task<T?> ReadAsync<T>(Func<FixedHeader, ReadOnlySpan<byte>, T?> decode) where T : class
    {
        while (true)
        {
            var result = await transport.Input.ReadAsync(transport.Closed).ConfigureAwait(false);
            if (TryTake(result.Buffer, decode, out var packet))
                return packet;
            if (result.IsCompleted)
                return null;
        }
    }

    private bool TryTake<T>(ReadOnlySequence<byte> buffer, Func<FixedHeader, ReadOnlySpan<byte>, T?> decode, out T? packet)
    {
        packet = default;
        var consumed = buffer.Start;
        var examined = buffer.End;
        try
        {
            if (!Framing.TryReadFixedHeader(buffer, _maximumPacketSize, out var header) || buffer.Length < header.PacketLength)
                return false;
            var body = buffer.Slice(header.Length, header.RemainingLength);
            consumed = examined = body.End;
            packet = body.IsSingleSegment ? decode(header, body.FirstSpan) : decode(header, body.ToArray());
            return true;
        }
        finally
        {
            transport.Input.AdvanceTo(consumed, examined);
        }
    }
}
