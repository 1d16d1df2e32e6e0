using System.Text;

namespace Starling.Testing;

/// <summary>Puts packets together byte by byte, without the codec under test.</summary>
public static class Raw
{
    /// <summary>A fixed header with the right remaining length, then the body.</summary>
    public static byte[] Packet(byte first, params ReadOnlySpan<byte> body) => [first, .. Length(body.Length), .. body];

    /// <summary>A property length, then the properties.</summary>
    public static byte[] Props(params ReadOnlySpan<byte> properties) => [.. Length(properties.Length), .. properties];

    /// <summary>UTF-8 with its length in front.</summary>
    public static byte[] Text(string text) => Data(Encoding.UTF8.GetBytes(text));

    /// <summary>Bytes with their length in front.</summary>
    public static byte[] Data(params ReadOnlySpan<byte> bytes) => [(byte)(bytes.Length >> 8), (byte)bytes.Length, .. bytes];

    public static byte[] UserProperty(string name, string value) => [38, .. Text(name), .. Text(value)];

    private static byte[] Length(int value)
    {
        var bytes = new List<byte>();
        for (; value > 127; value >>= 7)
            bytes.Add((byte)(value | 0x80));
        bytes.Add((byte)value);
        return [.. bytes];
    }
}
