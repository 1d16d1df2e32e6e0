using System.Buffers;
using System.Buffers.Text;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Starling.Edge.Listeners.ProxyProtocol;

/// <summary>Version 1: one line of text, <c>PROXY TCP4 192.0.2.1 198.51.100.1 56324 1883</c>.</summary>
internal static class ProxyHeaderV1
{
    private const int MaximumLength = 107;

    private static readonly SearchValues<byte> AddressBytes = SearchValues.Create("0123456789abcdefABCDEF.:"u8);

    public static ReadOnlySpan<byte> Signature => "PROXY "u8;

    /// <param name="data">What has come so far; begins with <see cref="Signature"/>.</param>
    /// <param name="header">When complete.</param>
    /// <param name="length">Bytes that the header takes, when complete.</param>
    public static ProxyHeaderStatus Parse(ReadOnlySpan<byte> data, out ProxyHeader? header, out int length)
    {
        header = null;
        length = 0;
        var end = data[..Math.Min(data.Length, MaximumLength)].IndexOf((byte)'\n');
        if (end < 0)
            return data.Length >= MaximumLength ? ProxyHeaderStatus.Invalid : ProxyHeaderStatus.Incomplete;
        if (data[end - 1] != '\r')
            return ProxyHeaderStatus.Invalid;
        length = end + 1;
        header = ParseLine(data[Signature.Length..(end - 1)]);
        return header is null ? ProxyHeaderStatus.Invalid : ProxyHeaderStatus.Complete;
    }

    private static ProxyHeader? ParseLine(ReadOnlySpan<byte> line)
    {
        if (line.SequenceEqual("UNKNOWN"u8) || line.StartsWith("UNKNOWN "u8))
            return ProxyHeader.None;
        Span<Range> fields = stackalloc Range[6];
        if (line.Split(fields) != 5)
            return null;
        var family = line[fields[0]].SequenceEqual("TCP4"u8) ? AddressFamily.InterNetwork
            : line[fields[0]].SequenceEqual("TCP6"u8) ? AddressFamily.InterNetworkV6
            : AddressFamily.Unspecified;
        return ParseAddress(line[fields[1]], family) is { } source
            && ParseAddress(line[fields[2]], family) is not null
            && ParsePort(line[fields[3]]) is { } port
            && ParsePort(line[fields[4]]) is not null
            ? new ProxyHeader(new IPEndPoint(source, port))
            : null;
    }

    /// <summary>Splits at single spaces; the number of fields, or 0 when there are more than fit.</summary>
    private static int Split(this ReadOnlySpan<byte> line, Span<Range> fields)
    {
        var count = 0;
        foreach (var field in line.Split((byte)' '))
        {
            if (count == fields.Length)
                return 0;
            fields[count++] = field;
        }
        return count;
    }

    /// <summary>Only the plain forms: four decimal numbers, or an IPv6 address without zone, brackets or port.</summary>
    private static IPAddress? ParseAddress(ReadOnlySpan<byte> text, AddressFamily family)
    {
        if (text.IndexOfAnyExcept(AddressBytes) >= 0)
            return null;
        if (!IPAddress.TryParse(Encoding.ASCII.GetString(text), out var address) || address.AddressFamily != family)
            return null;
        return family == AddressFamily.InterNetworkV6 || address.ToString().Length == text.Length ? address : null;
    }

    private static int? ParsePort(ReadOnlySpan<byte> text) =>
        text.Length is > 0 and <= 5 && (text[0] != '0' || text.Length == 1)
        && Utf8Parser.TryParse(text, out int port, out var used) && used == text.Length && port is >= 0 and <= 65535
            ? port
            : null;
}
