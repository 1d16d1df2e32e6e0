using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace Starling.Hosting.Configuration;

/// <summary>Reads the settings of a program: JSON, with overrides on top.</summary>
/// <typeparam name="TOptions">The program's options.</typeparam>
internal static class SettingsReader<TOptions>
{
    private static readonly SettingSchema Schema = new(typeof(TOptions));

    /// <param name="source">How to name the JSON in an error.</param>
    /// <param name="overrides">Later ones win.</param>
    /// <exception cref="SettingException">With its origin, for one line on stderr.</exception>
    public static (TOptions Options, SettingOrigins Origins) Read(string source, byte[] json, IEnumerable<SettingOverride> overrides)
    {
        var root = ParseJson(source, json);
        var origins = SettingOrigins.Read(source, json);
        foreach (var setting in overrides)
            origins.Override(setting.Apply(root, Schema), setting.Origin);
        return (Bind(root, origins), origins);
    }

    /// <exception cref="SettingException">The file cannot be read.</exception>
    public static byte[] ReadFile(string file)
    {
        try
        {
            var bytes = File.ReadAllBytes(file);
            return bytes.AsSpan().StartsWith(Encoding.UTF8.Preamble) ? bytes[Encoding.UTF8.Preamble.Length..] : bytes;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            var problem = e is FileNotFoundException or DirectoryNotFoundException ? "there is no such file" : "the file cannot be read: " + e.Message;
            throw new SettingException("", problem) { Origin = file };
        }
    }

    private static JsonObject ParseJson(string source, byte[] json)
    {
        try
        {
            return JsonNode.Parse(json, documentOptions: SettingJson.Document) as JsonObject
                ?? throw new SettingException("", "expected one JSON object { ... }") { Origin = source };
        }
        catch (JsonException e)
        {
            throw new SettingException("", "not valid JSON: " + WithoutPosition(e)) { Origin = $"{source}:{e.LineNumber + 1}" };
        }
    }

    private static TOptions Bind(JsonObject root, SettingOrigins origins)
    {
        try
        {
            return root.Deserialize<TOptions>(SettingJson.Options)!;
        }
        catch (JsonException e)
        {
            var (setting, problem) = Describe(root, e);
            throw new SettingException(setting, problem) { Origin = origins.Of(setting) };
        }
    }

    private static (string Setting, string Problem) Describe(JsonObject root, JsonException e)
    {
        var setting = (e.Path ?? "$").TrimStart('$').TrimStart('.');
        if (JsonMessages.MissingMembers().Match(e.Message) is { Success: true } missing)
            return (setting, $"'{missing.Groups[1].Value}' is missing");
        if (JsonMessages.UnknownMember().Match(e.Message) is { Success: true } unknown)
        {
            var group = setting.EndsWith(unknown.Groups[1].Value, StringComparison.Ordinal) ? SettingOrigins.Parent(setting) : setting;
            var path = group.Length == 0 ? unknown.Groups[1].Value : $"{group}.{unknown.Groups[1].Value}";
            return (path, "there is no such setting; expected one of " + string.Join(", ", Schema.NamesIn(group)));
        }
        var expected = Schema.Find(setting) is { } property
            ? "expected " + SettingSchema.Expected(property, setting.EndsWith(']'))
            : WithoutPosition(e);
        return (setting, ValueAt(root, setting) is { } value ? $"{value} is not valid; {expected}" : expected);
    }

    /// <summary>What was given, to be shown; never a secret.</summary>
    private static string? ValueAt(JsonNode? node, string path)
    {
        if (Schema.HoldsSecret(path))
            return null;
        foreach (var segment in path.Replace("[", ".", StringComparison.Ordinal).Replace("]", "", StringComparison.Ordinal).Split('.'))
        {
            node = node switch
            {
                JsonObject group => group[segment],
                JsonArray list when int.TryParse(segment, out var index) && index < list.Count => list[index],
                _ => null,
            };
        }
        return node switch
        {
            JsonValue => node.ToJsonString(SettingJson.Options),
            JsonArray => "a list",
            JsonObject => "a group",
            _ => "null",
        };
    }

    private static string WithoutPosition(JsonException e)
    {
        var end = e.Message.IndexOf(" Path: ", StringComparison.Ordinal);
        if (end < 0)
            end = e.Message.IndexOf(" LineNumber: ", StringComparison.Ordinal);
        return (end < 0 ? e.Message : e.Message[..end]).TrimEnd('.');
    }
}

/// <summary>What the messages of System.Text.Json say.</summary>
internal static partial class JsonMessages
{
    [GeneratedRegex("missing required properties including: '([^']+)'")]
    public static partial Regex MissingMembers();

    [GeneratedRegex("^The JSON property '([^']+)' could not be mapped")]
    public static partial Regex UnknownMember();
}
