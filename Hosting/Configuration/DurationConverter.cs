using System.Buffers;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Starling.Hosting.Configuration;

/// <summary>A duration as a number with a unit: <c>"500ms"</c>, <c>"10s"</c>, <c>"5m"</c>, <c>"1h"</c>, <c>"7d"</c>.</summary>
internal sealed class DurationConverter : JsonConverter<TimeSpan>
{
    public const string Expected = "a duration in quotes such as \"500ms\", \"10s\", \"5m\", \"1h\" or \"7d\"";

    private static readonly SearchValues<char> Digits = SearchValues.Create("0123456789.");

    public override TimeSpan Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        reader.TokenType == JsonTokenType.String && TryParse(reader.GetString(), out var duration)
            ? duration
            : throw new JsonException("expected " + Expected);

    public override void Write(Utf8JsonWriter writer, TimeSpan value, JsonSerializerOptions options) =>
        writer.WriteStringValue(string.Create(CultureInfo.InvariantCulture, $"{value.TotalMilliseconds}ms"));

    public static bool TryParse(ReadOnlySpan<char> text, out TimeSpan duration)
    {
        var digits = text.IndexOfAnyExcept(Digits);
        double? milliseconds = digits <= 0 ? null : text[digits..] switch
        {
            "ms" => 1,
            "s" => 1_000,
            "m" => 60_000,
            "h" => 3_600_000,
            "d" => 86_400_000,
            _ => null,
        };
        duration = default;
        if (milliseconds is null || !double.TryParse(text[..digits], NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number))
            return false;
        if (number * milliseconds > TimeSpan.FromDays(3650).TotalMilliseconds)
            return false;
        duration = TimeSpan.FromMilliseconds(number * milliseconds.Value);
        return true;
    }
}
