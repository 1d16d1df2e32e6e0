using System.Buffers;
using System.Buffers.Binary;
using System.Numerics;
using System.Text;
using Starling.Edge.Listeners.ProxyProtocol;

namespace Starling.Edge.Tests.Listeners;

public sealed class ProxyHeaderTests
{
    private const string V2 = "0D0A0D0A000D0A515549540A";

    [Theory]
    [InlineData("PROXY TCP4 192.0.2.1 198.51.100.1 56324 1883\r\n", "192.0.2.1:56324")]
    [InlineData("PROXY TCP4 255.255.255.255 255.255.255.255 65535 65535\r\n", "255.255.255.255:65535")]
    [InlineData("PROXY TCP6 2001:db8::1 2001:db8::2 1 2\r\n", "[2001:db8::1]:1")]
    [InlineData("PROXY UNKNOWN\r\n", null)]
    [InlineData("PROXY UNKNOWN ffff:f...f:ffff 65535 65535\r\n", null)]
    public void A_valid_text_header_tells_the_client(string text, string? source)
    {
        Parse(Encoding.ASCII.GetBytes(text + "rest"), out var header, out var length).ShouldBe(ProxyHeaderStatus.Complete);
        header!.Source?.ToString().ShouldBe(source);
        length.ShouldBe(text.Length);
    }

    [Theory]
    [InlineData("PROXY TCP4 192.0.2.1 198.51.100.1 56324\r\n")]
    [InlineData("PROXY TCP4 192.0.2.1 198.51.100.1 56324 1883 9\r\n")]
    [InlineData("PROXY TCP4  192.0.2.1 198.51.100.1 56324 1883\r\n")]
    [InlineData("PROXY TCP4 192.0.2.256 198.51.100.1 56324 1883\r\n")]
    [InlineData("PROXY TCP4 192.0.2 198.51.100.1 56324 1883\r\n")]
    [InlineData("PROXY TCP4 192.0.02.1 198.51.100.1 56324 1883\r\n")]
    [InlineData("PROXY TCP4 0x7f.0.0.1 198.51.100.1 56324 1883\r\n")]
    [InlineData("PROXY TCP4 192.0.2.1 198.51.100.1 65536 1883\r\n")]
    [InlineData("PROXY TCP4 192.0.2.1 198.51.100.1 -1 1883\r\n")]
    [InlineData("PROXY TCP4 192.0.2.1 198.51.100.1 056 1883\r\n")]
    [InlineData("PROXY TCP4 2001:db8::1 2001:db8::2 1 2\r\n")]
    [InlineData("PROXY TCP6 192.0.2.1 198.51.100.1 1 2\r\n")]
    [InlineData("PROXY TCP6 fe80::1%1 2001:db8::2 1 2\r\n")]
    [InlineData("PROXY UDP4 192.0.2.1 198.51.100.1 1 2\r\n")]
    [InlineData("PROXY TCP4 192.0.2.1 198.51.100.1 56324 1883\n")]
    [InlineData("PROXY UNKNOWNX\r\n")]
    [InlineData("proxy TCP4 192.0.2.1 198.51.100.1 56324 1883\r\n")]
    [InlineData("GET / HTTP/1.1\r\n")]
    [InlineData("PROXY UNKNOWN 89012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789\r\n")]
    public void An_invalid_text_header_is_told(string text) =>
        Parse(Encoding.ASCII.GetBytes(text), out _, out _).ShouldBe(ProxyHeaderStatus.Invalid);

    [Theory]
    [InlineData("2111000C C0000201 C6336401 DC04 075B", "192.0.2.1:56324")]
    [InlineData("21210024 20010DB8000000000000000000000001 20010DB8000000000000000000000002 0001 0002", "[2001:db8::1]:1")]
    [InlineData("21000000", null)]
    [InlineData("21000003 FFFFFF", null)]
    [InlineData("20000000", null)]
    [InlineData("2011000C C0000201 C6336401 DC04 075B", null)]
    [InlineData("20310001 00", null)]
    public void A_valid_binary_header_tells_the_client(string hex, string? source)
    {
        var bytes = Bytes(hex);
        Parse([.. bytes, 0x10, 0x00], out var header, out var length).ShouldBe(ProxyHeaderStatus.Complete);
        header!.Source?.ToString().ShouldBe(source);
        length.ShouldBe(bytes.Length);
    }

    [Theory]
    [InlineData("1111000C C0000201 C6336401 DC04 075B")]
    [InlineData("2211000C C0000201 C6336401 DC04 075B")]
    [InlineData("2112000C C0000201 C6336401 DC04 075B")]
    [InlineData("2131000C C0000201 C6336401 DC04 075B")]
    [InlineData("2111000B C0000201 C6336401 DC04 07")]
    [InlineData("2111FFFF C0000201 C6336401 DC04 075B")]
    [InlineData("2111000D C0000201 C6336401 DC04 075B 02")]
    [InlineData("21110010 C0000201 C6336401 DC04 075B 02 0002 61")]
    [InlineData("2111000F C0000201 C6336401 DC04 075B 02 0000")]
    [InlineData("21110010 C0000201 C6336401 DC04 075B 02 0001 20")]
    [InlineData("21110010 C0000201 C6336401 DC04 075B 20 0001 01")]
    [InlineData("21110013 C0000201 C6336401 DC04 075B 03 0004 00000000")]
    public void An_invalid_binary_header_is_told(string hex) =>
        Parse(Bytes(hex), out _, out _).ShouldBe(ProxyHeaderStatus.Invalid);

    [Fact]
    public void A_binary_header_tells_server_name_and_encryption()
    {
        Parse(Bytes("21110020 C0000201 C6336401 DC04 075B 02 0009 41636D652E74657374 20 0005 01 00000000"), out var header, out _).ShouldBe(ProxyHeaderStatus.Complete);
        header!.Authority.ShouldBe("acme.test");
        header.IsSecure.ShouldBeTrue();
    }

    [Fact]
    public void A_right_checksum_is_accepted()
    {
        var bytes = Bytes("21110013 C0000201 C6336401 DC04 075B 03 0004 00000000");
        var crc = ~bytes.Aggregate(uint.MaxValue, BitOperations.Crc32C);
        BinaryPrimitives.WriteUInt32BigEndian(bytes.AsSpan(^4..), crc);
        Parse(bytes, out var header, out _).ShouldBe(ProxyHeaderStatus.Complete);
        header!.Source!.Port.ShouldBe(56324);
    }

    [Fact]
    public void Every_beginning_of_a_valid_header_is_incomplete()
    {
        foreach (var bytes in new[] { Encoding.ASCII.GetBytes("PROXY TCP4 192.0.2.1 198.51.100.1 56324 1883\r\n"), Bytes("2111000C C0000201 C6336401 DC04 075B") })
        {
            for (var count = 1; count < bytes.Length; count++)
                Parse(bytes[..count], out _, out _).ShouldBe(ProxyHeaderStatus.Incomplete, $"{count} bytes");
        }
    }

    private static byte[] Bytes(string hex) => Convert.FromHexString(V2 + hex.Replace(" ", "", StringComparison.Ordinal));

    private static ProxyHeaderStatus Parse(byte[] bytes, out ProxyHeader? header, out int length) =>
        ProxyHeaderReader.Parse(new ReadOnlySequence<byte>(bytes), out header, out length);
}
