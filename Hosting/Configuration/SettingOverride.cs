using System.Reflection;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Starling.Hosting.Configuration;

/// <summary>One setting given outside of the file: <c>--set limits.connectTimeout=5s</c> or <c>STARLING__LIMITS__CONNECT_TIMEOUT=5s</c>.</summary>
/// <param name="Segments">Its path; case and underscores do not matter, list elements are numbers.</param>
/// <param name="Value">A text, or JSON where the setting is not a text.</param>
/// <param name="Origin">How to name it in an error.</param>
public sealed record SettingOverride(IReadOnlyList<string> Segments, string Value, string Origin)
{
    public const string EnvironmentPrefix = "STARLING__";

    /// <exception cref="SettingException">The argument has no <c>=</c>.</exception>
    public static SettingOverride FromArgument(string argument)
    {
        var equals = argument.IndexOf('=', StringComparison.Ordinal);
        if (equals <= 0)
            throw new SettingException(argument, "expected --set SETTING=VALUE, such as --set limits.connectTimeout=5s") { Origin = "--set" };
        var path = argument[..equals].Replace("[", ".", StringComparison.Ordinal).Replace("]", "", StringComparison.Ordinal);
        return new(path.Split('.'), argument[(equals + 1)..], "--set");
    }

    public static IEnumerable<SettingOverride> FromEnvironment(IEnumerable<KeyValuePair<string, string>> environment) =>
        from variable in environment
        where variable.Key.StartsWith(EnvironmentPrefix, StringComparison.Ordinal)
        orderby variable.Key
        select new SettingOverride(variable.Key[EnvironmentPrefix.Length..].Split("__"), variable.Value, "environment " + variable.Key);

    /// <summary>Puts the value into the settings; returns its path as settings have it.</summary>
    /// <exception cref="SettingException">There is no such setting.</exception>
    internal string Apply(JsonObject root, SettingSchema schema)
    {
        JsonNode? node = root;
        var path = "";
        for (var i = 0; i < Segments.Count; i++)
        {
            var last = i == Segments.Count - 1;
            if (node is JsonArray array)
            {
                if (!int.TryParse(Segments[i], out var index) || index < 0 || index > array.Count)
                    throw Unknown(path, $"'{Segments[i]}' is not an index of this list; expected 0 to {array.Count}");
                path += $"[{index}]";
                if (index == array.Count)
                    array.Add((JsonNode?)null);
                node = array[index] = last ? Parse(path, schema) : Copy(array[index]) ?? new JsonObject();
                continue;
            }
            var plain = Segments[i].Replace("_", "", StringComparison.Ordinal);
            var name = schema.NamesIn(path).FirstOrDefault(known => known.Equals(plain, StringComparison.OrdinalIgnoreCase))
                ?? throw Unknown(path.Length == 0 ? Segments[i] : $"{path}.{Segments[i]}", "there is no such setting");
            path = path.Length == 0 ? name : $"{path}.{name}";
            var child = last ? Parse(path, schema) : Copy(node![name]) ?? NewFor(path, schema);
            if (!last && child is not (JsonObject or JsonArray))
                throw Unknown(path, "this setting has no settings of its own");
            node![name] = child;
            node = child;
        }
        return path;
    }

    private static JsonNode NewFor(string path, SettingSchema schema) =>
        schema.Find(path) is { } property && SettingSchema.ElementType(property.PropertyType) is not null ? new JsonArray() : new JsonObject();

    private static JsonNode? Copy(JsonNode? node) => node?.DeepClone();

    private JsonNode? Parse(string path, SettingSchema schema)
    {
        if (schema.Find(path) is { } property && TakesText(property, path.EndsWith(']')))
            return JsonValue.Create(Value);
        try
        {
            return JsonNode.Parse(Value, documentOptions: SettingJson.Document);
        }
        catch (JsonException)
        {
            return JsonValue.Create(Value);
        }
    }

    private static bool TakesText(PropertyInfo property, bool element)
    {
        var type = (element ? SettingSchema.ElementType(property.PropertyType) : null) ?? property.PropertyType;
        return type == typeof(string) || type == typeof(TimeSpan) || type.IsEnum;
    }

    private SettingException Unknown(string path, string problem) => new(path, problem) { Origin = Origin };
}
