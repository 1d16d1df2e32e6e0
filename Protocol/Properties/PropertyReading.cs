namespace Starling.Protocol;

/// <summary>The properties of a packet, read from its body.</summary>
internal static class PropertyReading
{
    /// <summary>Goes past the property length and all properties, which are read from the result.</summary>
    public static PropertyReader ReadProperties(this ref PacketReader reader, PropertySet allowed) =>
        new(reader.ReadPropertyBlock(), reader.Packet, allowed);
}
