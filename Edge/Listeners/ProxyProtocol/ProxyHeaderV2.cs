using System.Buffers;
using System.Buffers.Binary;
using System.Net;
using System.Numerics;
using System.Text;
using Starling.Broker.Tenants;

namespace Starling.Edge.Listeners.ProxyProtocol;

/// <summary>Version 2: binary, with further fields (type, length, value) after the addresses.</summary>
internal static class ProxyHeaderV2
{
    private const int FixedLength = 16;
    private const int MaximumLength = 4096;
    private const byte AuthorityField = 0x02;
    private const byte ChecksumField = 0x03;
    private const byte TlsField = 0x20;

    private static readonly SearchValues<byte> NameBytes =
        SearchValues.Create("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._"u8);

    public static ReadOnlySpan<byte> Signature => "\r\n\r\n\0\r\nQUIT\n"u8;

    /// <inheritdoc cref="ProxyHeaderV1.Parse"/>
    public static ProxyHeaderStatus Parse(ReadOnlySpan<byte> data, out ProxyHeader? header, out int length)
    {
        header = null;
        length = 0;
        if (data.Length < FixedLength)
            return ProxyHeaderStatus.Incomplete;
        length = FixedLength + BinaryPrimitives.ReadUInt16BigEndian(data[14..]);
        // LOCAL is the proxy speaking for itself: whatever addresses it gives are to be ignored.
        var isLocal = data[12] == 0x20;
        var addressLength = isLocal ? 0 : AddressLength(data[13]);
        if (data[12] is not (0x20 or 0x21) || length > MaximumLength || addressLength is null || length < FixedLength + addressLength)
            return ProxyHeaderStatus.Invalid;
        if (data.Length < length)
            return ProxyHeaderStatus.Incomplete;
        header = isLocal ? ProxyHeader.None : ParseProxied(data[..length], addressLength.Value);
        return header is null ? ProxyHeaderStatus.Invalid : ProxyHeaderStatus.Complete;
    }

    /// <summary>Of the address block by family and protocol: TCP over IPv4, over IPv6, or unspecified; null for all others.</summary>
    private static int? AddressLength(byte family) => family switch
    {
        0x00 => 0,
        0x11 => 12,
        0x21 => 36,
        _ => null,
    };

    private static ProxyHeader? ParseProxied(ReadOnlySpan<byte> header, int addressLength)
    {
        var addresses = header.Slice(FixedLength, addressLength);
        var source = addressLength switch
        {
            12 => new IPEndPoint(new IPAddress(addresses[..4]), BinaryPrimitives.ReadUInt16BigEndian(addresses[8..])),
            36 => new IPEndPoint(new IPAddress(addresses[..16]), BinaryPrimitives.ReadUInt16BigEndian(addresses[32..])),
            _ => null,
        };
        // Without addresses, what follows is to be skipped, whatever it is.
        return source is null ? ProxyHeader.None : ParseFields(new ProxyHeader(source), header, FixedLength + addressLength);
    }

    private static ProxyHeader? ParseFields(ProxyHeader parsed, ReadOnlySpan<byte> header, int position)
    {
        while (position < header.Length)
        {
            if (header.Length - position < 3)
                return null;
            var length = BinaryPrimitives.ReadUInt16BigEndian(header[(position + 1)..]);
            var start = position + 3;
            if (header.Length - start < length)
                return null;
            var value = header.Slice(start, length);
            switch (header[position])
            {
                case AuthorityField when IsServerName(value):
                    parsed = parsed with { Authority = ServerName.Normalize(Encoding.ASCII.GetString(value)) };
                    break;
                case AuthorityField:
                    return null;
                case ChecksumField when length != 4 || Checksum(header, start) != BinaryPrimitives.ReadUInt32BigEndian(value):
                    return null;
                case TlsField when length < 5:
                    return null;
                case TlsField:
                    parsed = parsed with { IsSecure = (value[0] & 1) != 0 };
                    break;
            }
            position = start + length;
        }
        return parsed;
    }

    private static bool IsServerName(ReadOnlySpan<byte> name) =>
        name.Length is > 0 and <= 255
        && name.IndexOfAnyExcept(NameBytes) < 0;

    /// <summary>CRC-32C of the whole header with the checksum itself taken as zero.</summary>
    private static uint Checksum(ReadOnlySpan<byte> header, int checksumPosition)
    {
        var crc = uint.MaxValue;
        for (var i = 0; i < header.Length; i++)
            crc = BitOperations.Crc32C(crc, i >= checksumPosition && i < checksumPosition + 4 ? (byte)0 : header[i]);
        return ~crc;
    }
}
