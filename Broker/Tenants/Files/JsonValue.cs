using System.Text.Json;

namespace Starling.Broker.Tenants.Files;

/// <summary>A JSON value that knows where in the text it starts.</summary>
/// <param name="Kind">The token it starts with.</param>
/// <param name="Offset">Bytes from the start of the text.</param>
/// <param name="End">Bytes from the start of the text to behind the value.</param>
/// <param name="Path">Member names joined by dots, elements as <c>[i]</c>.</param>
/// <param name="Text">A string's value, a number as it is written, else empty.</param>
/// <param name="Members">An object's members in order, also those whose name comes twice.</param>
/// <param name="Elements">An array's elements.</param>
internal sealed record JsonValue(
    JsonTokenType Kind, int Offset, int End, string Path, string Text, IReadOnlyList<JsonMember> Members, IReadOnlyList<JsonValue> Elements)
{
    public string Describe() => Kind switch
    {
        JsonTokenType.StartObject => "an object",
        JsonTokenType.StartArray => "an array",
        JsonTokenType.String => "a string",
        JsonTokenType.Null => "null",
        _ => Text,
    };
}

internal sealed record JsonMember(string Name, int NameOffset, JsonValue Value);

/// <summary>Reads JSON text, with comments and trailing commas, into values that know their position.</summary>
internal static class PositionedJson
{
    private static readonly JsonReaderOptions Options = new() { AllowTrailingCommas = true, CommentHandling = JsonCommentHandling.Skip };

    /// <param name="utf8">The text.</param>
    /// <param name="path">What the paths in it begin with.</param>
    /// <exception cref="JsonException">The text is no JSON; says line and byte (from 0).</exception>
    public static JsonValue Parse(ReadOnlySpan<byte> utf8, string path = "")
    {
        var reader = new Utf8JsonReader(utf8, Options);
        reader.Read();
        var value = Value(ref reader, path);
        reader.Read();
        return value;
    }

    private static JsonValue Value(ref Utf8JsonReader reader, string path)
    {
        var kind = reader.TokenType;
        var offset = (int)reader.TokenStartIndex;
        var text = kind switch
        {
            JsonTokenType.String => reader.GetString()!,
            JsonTokenType.StartObject or JsonTokenType.StartArray or JsonTokenType.Null => string.Empty,
            _ => System.Text.Encoding.UTF8.GetString(reader.ValueSpan),
        };
        List<JsonMember> members = [];
        List<JsonValue> elements = [];
        while (kind == JsonTokenType.StartObject && reader.Read() && reader.TokenType != JsonTokenType.EndObject)
        {
            var name = reader.GetString()!;
            var at = (int)reader.TokenStartIndex;
            reader.Read();
            members.Add(new(name, at, Value(ref reader, path.Length == 0 ? name : $"{path}.{name}")));
        }
        while (kind == JsonTokenType.StartArray && reader.Read() && reader.TokenType != JsonTokenType.EndArray)
            elements.Add(Value(ref reader, $"{path}[{elements.Count}]"));
        return new(kind, offset, (int)reader.BytesConsumed, path, text, members, elements);
    }
}
