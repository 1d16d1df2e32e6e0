namespace Starling.Protocol;

[Flags]
internal enum ConnectFlags : byte
{
    Reserved = 0x01,
    CleanStart = 0x02,
    Will = 0x04,
    WillQoS = 0x18,
    WillRetain = 0x20,
    Password = 0x40,
    UserName = 0x80,
}
