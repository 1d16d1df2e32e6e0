using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Starling.Hosting.Configuration;

/// <summary>A size up to 2 GiB: a number of bytes, or a text with a binary unit such as <c>"64KiB"</c> or <c>"1MiB"</c>.</summary>
internal sealed class ByteSizeConverter : JsonConverter<int>
{
    public const string Expected = "a number of bytes, or a size in quotes such as \"64KiB\" or \"1MiB\"";

    public override int Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        if (reader.TokenType == JsonTokenType.Number && reader.TryGetInt32(out var bytes))
            return bytes;
        if (reader.TokenType == JsonTokenType.String && TryParse(reader.GetString(), out bytes))
            return bytes;
        throw new JsonException("expected " + Expected);
    }

    public override void Write(Utf8JsonWriter writer, int value, JsonSerializerOptions options) => writer.WriteNumberValue(value);

    public static bool TryParse(ReadOnlySpan<char> text, out int bytes)
    {
        bytes = 0;
        var digits = text.IndexOfAnyExceptInRange('0', '9');
        if (digits < 0)
            digits = text.Length;
        long? unit = text[digits..].TrimStart(' ') switch
        {
            "" or "B" => 1,
            "KiB" => 1L << 10,
            "MiB" => 1L << 20,
            "GiB" => 1L << 30,
            _ => null,
        };
        if (unit is null || !int.TryParse(text[..digits], NumberStyles.None, CultureInfo.InvariantCulture, out var number))
            return false;
        if (number * unit > int.MaxValue)
            return false;
        bytes = (int)(number * unit.Value);
        return true;
    }
}
