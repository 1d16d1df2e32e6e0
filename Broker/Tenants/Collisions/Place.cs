using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;

namespace Starling.Broker.Tenants.Collisions;

/// <summary>Where a connection comes from: an IPv4 address or the first 64 bits of an IPv6 one.</summary>
internal readonly record struct Place(bool IsV6, ulong Bits)
{
    public static Place Of(IPAddress address)
    {
        if (address.IsIPv4MappedToIPv6)
            address = address.MapToIPv4();
        Span<byte> bytes = stackalloc byte[16];
        address.TryWriteBytes(bytes, out _);
        return address.AddressFamily == AddressFamily.InterNetworkV6
            ? new(true, BinaryPrimitives.ReadUInt64BigEndian(bytes))
            : new(false, BinaryPrimitives.ReadUInt32BigEndian(bytes));
    }
}
