namespace Starling.Protocol;

/// <summary>Bits 7-4 of the first byte of a control packet.</summary>
public enum PacketType : byte
{
    None = 0,
    Connect = 1,
    ConnAck = 2,
    Publish = 3,
    PubAck = 4,
    PubRec = 5,
    PubRel = 6,
    PubComp = 7,
    Subscribe = 8,
    SubAck = 9,
    Unsubscribe = 10,
    UnsubAck = 11,
    PingReq = 12,
    PingResp = 13,
    Disconnect = 14,

    /// <summary>MQTT 5 only; reserved before.</summary>
    Auth = 15,
}
