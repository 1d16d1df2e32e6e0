namespace Starling.Protocol;

/// <summary>
/// Goes through a packet's properties: only those allowed, each once, except user properties and, in PUBLISH, subscription identifiers.
/// </summary>
internal ref struct PropertyReader(ReadOnlySpan<byte> properties, PacketType packet, PropertySet allowed)
{
    private PacketReader _reader = new(properties, packet);
    private ulong _seen;

    public PropertyId Id { get; private set; }

    /// <summary>Bytes that are not read yet.</summary>
    public readonly int Remaining => _reader.Remaining;

    private readonly bool MayRepeat =>
        Id == PropertyId.UserProperty || (Id == PropertyId.SubscriptionIdentifier && _reader.Packet == PacketType.Publish);

    public bool MoveNext()
    {
        if (_reader.Remaining == 0)
            return false;
        Id = (PropertyId)_reader.ReadByte();
        if (!allowed.Contains(Id))
            throw _reader.Malformed($"property 0x{(byte)Id:X2} is unknown or not allowed here");
        var bit = 1UL << (int)Id;
        if ((_seen & bit) != 0 && !MayRepeat)
            throw _reader.ProtocolError($"{Id} occurs more than once");
        _seen |= bit;
        return true;
    }

    public readonly bool Has(PropertyId identifier) => (_seen & (1UL << (int)identifier)) != 0;

    public bool ReadBoolean()
    {
        var value = _reader.ReadByte();
        return value <= 1 ? value == 1 : throw _reader.ProtocolError($"{Id} is {value}, neither 0 nor 1");
    }

    public ushort ReadUInt16() => _reader.ReadUInt16();

    public uint ReadUInt32() => _reader.ReadUInt32();

    public ushort ReadPositiveUInt16() => _reader.ReadUInt16() is > 0 and var value ? value : throw _reader.ProtocolError($"{Id} is 0");

    public uint ReadPositiveUInt32() => _reader.ReadUInt32() is > 0 and var value ? value : throw _reader.ProtocolError($"{Id} is 0");

    public uint ReadSubscriptionIdentifier() =>
        _reader.ReadVariableByteInteger() is > 0 and var value ? value : throw _reader.ProtocolError($"{Id} is 0");

    public ReadOnlySpan<byte> ReadUtf8() => _reader.ReadUtf8();

    public string ReadString() => _reader.ReadString();

    public ReadOnlySpan<byte> ReadBinary() => _reader.ReadBinary();

    public void AddUserProperty(ref List<UserProperty>? userProperties) =>
        (userProperties ??= []).Add(new(_reader.ReadString(), _reader.ReadString()));

    /// <summary>Authentication data needs a method (sections 3.1.2.11.10, 3.2.2.3.18, 3.15.2.2.3).</summary>
    public readonly void RequireAuthenticationMethod()
    {
        if (Has(PropertyId.AuthenticationData) && !Has(PropertyId.AuthenticationMethod))
            throw _reader.ProtocolError("authentication data without a method");
    }
}
