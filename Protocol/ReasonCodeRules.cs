namespace Starling.Protocol;

/// <summary>Which reason codes each packet may carry.</summary>
internal static class ReasonCodeRules
{
    public static bool IsValidFor(PacketType packet, ReasonCode code) => packet switch
    {
        PacketType.ConnAck => IsForConnAck((byte)code),
        PacketType.PubAck or PacketType.PubRec => (byte)code is 0x00 or 0x10 or 0x80 or 0x83 or 0x87 or 0x90 or 0x91 or 0x97 or 0x99,
        PacketType.PubRel or PacketType.PubComp => (byte)code is 0x00 or 0x92,
        PacketType.SubAck => (byte)code is <= 0x02 or 0x80 or 0x83 or 0x87 or 0x8F or 0x91 or 0x97 or 0x9E or 0xA1 or 0xA2,
        PacketType.UnsubAck => (byte)code is 0x00 or 0x11 or 0x80 or 0x83 or 0x87 or 0x8F or 0x91,
        PacketType.Auth => (byte)code is 0x00 or 0x18 or 0x19,
        _ => false,
    };

    public static bool IsValidForDisconnect(ReasonCode code, PublishSender sender) =>
        (byte)code is 0x00 or (>= 0x80 and <= 0x83) or 0x90 or (>= 0x93 and <= 0x99)
        || (sender == PublishSender.Client
            ? (byte)code is 0x04
            : (byte)code is 0x87 or 0x89 or (>= 0x8B and <= 0x8F) or (>= 0x9A and <= 0xA2));

    private static bool IsForConnAck(byte code) =>
        code is 0x00 or (>= 0x80 and <= 0x8A) or 0x8C or 0x90 or 0x95 or 0x97 or (>= 0x99 and <= 0x9D) or 0x9F;
}
