using System.Text.Json;

namespace Starling.Hosting.Configuration;

/// <summary>Where each setting was given: a line of the file, the command line or an environment variable.</summary>
public sealed class SettingOrigins
{
    private readonly Dictionary<string, string> _origins = [];
    private readonly string _source;

    private SettingOrigins(string source) => _source = source;

    /// <summary>The origin of a setting, or of the innermost group around it that was given.</summary>
    public string Of(string setting)
    {
        for (var path = setting; path.Length > 0; path = Parent(path))
        {
            if (_origins.TryGetValue(path, out var origin))
                return origin;
        }
        return _source;
    }

    /// <summary>The setting, with all that is in it, was given anew.</summary>
    internal void Override(string setting, string origin)
    {
        foreach (var path in _origins.Keys.Where(path => path.StartsWith(setting, StringComparison.Ordinal)).ToList())
        {
            if (path.AsSpan(setting.Length) is ['.' or '[', ..])
                _origins.Remove(path);
        }
        _origins[setting] = origin;
    }

    internal static string Parent(string path) => path[..Math.Max(0, Math.Max(path.LastIndexOf('.'), path.LastIndexOf('[')))];

    /// <summary>Reads where things are in a file that is known to be valid JSON.</summary>
    /// <exception cref="SettingException">A setting is given twice.</exception>
    internal static SettingOrigins Read(string source, ReadOnlySpan<byte> json)
    {
        var origins = new SettingOrigins(source);
        var reader = new Utf8JsonReader(json, new JsonReaderOptions { AllowTrailingCommas = true, CommentHandling = JsonCommentHandling.Skip });
        var groups = new Stack<(string Path, int Index)>();
        var line = 1;
        var counted = 0;
        var path = "";
        while (reader.Read())
        {
            line += json[counted..(int)reader.TokenStartIndex].Count((byte)'\n');
            counted = (int)reader.TokenStartIndex;
            switch (reader.TokenType)
            {
                case JsonTokenType.EndObject or JsonTokenType.EndArray:
                    groups.Pop();
                    continue;
                case JsonTokenType.PropertyName:
                    var group = groups.Peek().Path;
                    path = group.Length == 0 ? reader.GetString()! : $"{group}.{reader.GetString()}";
                    if (!origins._origins.TryAdd(path, $"{source}:{line}"))
                        throw new SettingException(path, $"was given before, at {origins._origins[path]}") { Origin = $"{source}:{line}" };
                    continue;
            }
            if (groups.TryPeek(out var around) && around.Index >= 0)
            {
                groups.Pop();
                groups.Push(around with { Index = around.Index + 1 });
                path = $"{around.Path}[{around.Index}]";
                origins._origins[path] = $"{source}:{line}";
            }
            if (reader.TokenType is JsonTokenType.StartObject or JsonTokenType.StartArray)
                groups.Push((path, reader.TokenType == JsonTokenType.StartArray ? 0 : -1));
        }
        return origins;
    }
}
