namespace Starling.Protocol;

/// <summary>The protocol level byte of CONNECT.</summary>
public enum ProtocolVersion : byte
{
    Mqtt31 = 3,
    Mqtt311 = 4,
    Mqtt5 = 5,
}
