namespace Starling.Protocol;

/// <summary>How much of what only explains an outcome is sent; each step down makes a packet smaller.</summary>
internal enum Diagnostics
{
    All,
    WithoutUserProperties,
    None,
}

internal interface IHasProperties
{
    void WriteProperties(ref PacketWriter writer, Diagnostics diagnostics);
}

/// <summary>Properties on the wire: identifier, value; nothing at all for null.</summary>
internal static class PropertyWriting
{
    public static void WritePropertyBlock<T>(this ref PacketWriter writer, in T packet, Diagnostics diagnostics)
        where T : IHasProperties
    {
        writer.WriteVariableByteInteger((uint)PropertyBlockLength(packet, diagnostics));
        packet.WriteProperties(ref writer, diagnostics);
    }

    public static int PropertyBlockLength<T>(in T packet, Diagnostics diagnostics)
        where T : IHasProperties
    {
        var counter = PacketWriter.Counter();
        packet.WriteProperties(ref counter, diagnostics);
        return counter.Length;
    }

    public static void WriteProperty(this ref PacketWriter writer, PropertyId identifier, bool? value)
    {
        if (value is not { } present)
            return;
        writer.WriteByte((byte)identifier);
        writer.WriteByte((byte)(present ? 1 : 0));
    }

    public static void WriteProperty(this ref PacketWriter writer, PropertyId identifier, ushort? value)
    {
        if (value is not { } present)
            return;
        writer.WriteByte((byte)identifier);
        writer.WriteUInt16(present);
    }

    public static void WriteProperty(this ref PacketWriter writer, PropertyId identifier, uint? value)
    {
        if (value is not { } present)
            return;
        writer.WriteByte((byte)identifier);
        writer.WriteUInt32(present);
    }

    public static void WriteProperty(this ref PacketWriter writer, PropertyId identifier, string? value)
    {
        if (value is null)
            return;
        writer.WriteByte((byte)identifier);
        writer.WriteString(value);
    }

    public static void WriteProperty(this ref PacketWriter writer, PropertyId identifier, ReadOnlyMemory<byte>? value)
    {
        if (value is not { } present)
            return;
        writer.WriteByte((byte)identifier);
        writer.WriteBinary(present.Span);
    }

    public static void WriteSubscriptionIdentifier(this ref PacketWriter writer, uint? value)
    {
        if (value is not { } present)
            return;
        writer.WriteByte((byte)PropertyId.SubscriptionIdentifier);
        writer.WriteVariableByteInteger(present);
    }

    public static void WriteUserProperties(this ref PacketWriter writer, IReadOnlyList<UserProperty>? userProperties)
    {
        for (var i = 0; i < userProperties?.Count; i++)
        {
            writer.WriteByte((byte)PropertyId.UserProperty);
            writer.WriteString(userProperties[i].Name);
            writer.WriteString(userProperties[i].Value);
        }
    }

    public static void WriteDiagnostics(
        this ref PacketWriter writer, string? reasonString, IReadOnlyList<UserProperty>? userProperties, Diagnostics diagnostics)
    {
        if (diagnostics != Diagnostics.None)
            writer.WriteProperty(PropertyId.ReasonString, reasonString);
        if (diagnostics == Diagnostics.All)
            writer.WriteUserProperties(userProperties);
    }
}
