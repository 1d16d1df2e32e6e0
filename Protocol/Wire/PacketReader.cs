using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;

namespace Starling.Protocol;

/// <summary>Reads the data types of section 1.5 from a packet's body; what is not there or not valid is a malformed packet.</summary>
internal ref struct PacketReader(ReadOnlySpan<byte> body, PacketType packet)
{
    private ReadOnlySpan<byte> _rest = body;

    public PacketType Packet { get; } = packet;

    public readonly int Remaining => _rest.Length;

    public byte ReadByte() => Take(1)[0];

    public ushort ReadUInt16() => BinaryPrimitives.ReadUInt16BigEndian(Take(2));

    public uint ReadUInt32() => BinaryPrimitives.ReadUInt32BigEndian(Take(4));

    public ReadOnlySpan<byte> ReadBinary() => Take(ReadUInt16());

    public ReadOnlySpan<byte> ReadUtf8()
    {
        var utf8 = Take(ReadUInt16());
        return Utf8String.IsValid(utf8) ? utf8 : throw Malformed("a string is not valid UTF-8 or has U+0000 [MQTT-1.5.4-1] [MQTT-1.5.4-2]");
    }

    public string ReadString() => Utf8String.Decode(ReadUtf8());

    public ReadOnlySpan<byte> ReadRest() => Take(_rest.Length);

    public uint ReadVariableByteInteger()
    {
        var value = 0u;
        for (var shift = 0; shift <= 21; shift += 7)
        {
            var next = ReadByte();
            value |= (next & 0x7Fu) << shift;
            if (next > 127)
                continue;
            return next > 0 || shift == 0 ? value : throw Malformed("a variable byte integer has more bytes than it needs [MQTT-1.5.5-1]");
        }
        throw Malformed("a variable byte integer is longer than four bytes");
    }

    /// <summary>A packet identifier, which is never 0 [MQTT-2.2.1-3].</summary>
    public ushort ReadPacketIdentifier()
    {
        var identifier = ReadUInt16();
        return identifier != 0 ? identifier : throw ProtocolError("packet identifier is 0 [MQTT-2.2.1-3] [MQTT-2.3.1-1]");
    }

    /// <summary>A property length and the properties it spans.</summary>
    public ReadOnlySpan<byte> ReadPropertyBlock()
    {
        var length = ReadVariableByteInteger();
        return length <= _rest.Length ? Take((int)length) : throw Malformed("properties are longer than the packet");
    }

    public readonly void RequireEnd()
    {
        if (_rest.Length > 0)
            throw Malformed($"{_rest.Length} bytes too many");
    }

    public readonly MqttProtocolException Malformed(string what) => MqttProtocolException.Malformed(Packet, what);

    public readonly MqttProtocolException ProtocolError(string what) => MqttProtocolException.ProtocolError(Packet, what);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private ReadOnlySpan<byte> Take(int length)
    {
        if (length > _rest.Length)
            ThrowTooShort();
        var taken = _rest[..length];
        _rest = _rest[length..];
        return taken;
    }

    [DoesNotReturn]
    private readonly void ThrowTooShort() => throw Malformed("ends too early");
}
