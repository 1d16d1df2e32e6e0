using System.Globalization;
using System.Text.Json;

namespace Starling.Broker.Tenants.Files;

/// <summary>Takes the members of a JSON object one by one; what is wrong, missing or left over is reported, never thrown.</summary>
internal sealed class JsonObject
{
    private readonly Dictionary<string, JsonMember> _members = new(StringComparer.Ordinal);
    private readonly List<string> _asked = [];
    private readonly JsonValue _self;

    private JsonObject(JsonValue self, ErrorList errors)
    {
        _self = self;
        Errors = errors;
        foreach (var member in self.Members)
        {
            if (!_members.TryAdd(member.Name, member))
                errors.Add(member.NameOffset, member.Value.Path, $"'{member.Name}' is here for the second time");
        }
    }

    public ErrorList Errors { get; }

    public IEnumerable<JsonMember> Members => _members.Values;

    /// <summary>Null, and an error, if the value is no object.</summary>
    public static JsonObject? From(JsonValue value, ErrorList errors)
    {
        if (value.Kind == JsonTokenType.StartObject)
            return new(value, errors);
        errors.Add(value, $"expected an object, not {value.Describe()}");
        return null;
    }

    public bool Has(string name) => _members.ContainsKey(name);

    public JsonValue? Take(string name)
    {
        _asked.Add(name);
        return _members.GetValueOrDefault(name)?.Value;
    }

    public JsonObject? TakeObject(string name) => Take(name) is { } value ? From(value, Errors) : null;

    public IReadOnlyList<JsonValue> TakeArray(string name)
    {
        if (Take(name) is not { } value)
            return [];
        if (value.Kind != JsonTokenType.StartArray)
            Errors.Add(value, $"expected an array, not {value.Describe()}");
        return value.Elements;
    }

    public string? TakeText(string name) => Take(name) is { } value ? Text(value, Errors) : null;

    /// <summary>A point in time with its offset from UTC, as in RFC 3339; null when the member isn't there or is wrong.</summary>
    public DateTimeOffset? TakeTime(string name)
    {
        if (Take(name) is not { } value || Text(value, Errors) is not { } text)
            return null;
        if (DateTimeOffset.TryParseExact(
                text, ["yyyy-MM-dd'T'HH:mm:sszzz", "yyyy-MM-dd'T'HH:mm:ss.FFFFFFFzzz", "yyyy-MM-dd'T'HH:mm:ss'Z'", "yyyy-MM-dd'T'HH:mm:ss.FFFFFFF'Z'"],
                CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time))
            return time;
        Errors.Add(value, $"expected a time such as \"2027-01-31T12:00:00Z\", not \"{text}\"");
        return null;
    }

    public bool? TakeBoolean(string name)
    {
        if (Take(name) is not { } value)
            return null;
        if (value.Kind is JsonTokenType.True or JsonTokenType.False)
            return value.Kind == JsonTokenType.True;
        Errors.Add(value, $"expected true or false, not {value.Describe()}");
        return null;
    }

    public long? TakeWhole(string name, long least, long most) => Take(name) is { } value ? Whole(value, least, most, orNull: "") : null;

    /// <summary>False when the member isn't there or is wrong; JSON's null is a value here, "unlimited".</summary>
    public bool TakeWholeOrNull(string name, long least, long most, out long? number)
    {
        number = null;
        if (Take(name) is not { } value)
            return false;
        if (value.Kind == JsonTokenType.Null)
            return true;
        number = Whole(value, least, most, orNull: ", or null for unlimited");
        return number is not null;
    }

    /// <summary>One of a few names; null when the member isn't there or is wrong.</summary>
    public T? TakeChoice<T>(string name, IReadOnlyDictionary<string, T> choices)
        where T : struct
    {
        if (Take(name) is not { } value)
            return null;
        if (value.Kind == JsonTokenType.String && choices.TryGetValue(value.Text, out var choice))
            return choice;
        var given = value.Kind == JsonTokenType.String ? $"\"{value.Text}\"" : value.Describe();
        Errors.Add(value, $"expected {string.Join(" or ", choices.Keys.Select(key => $"\"{key}\""))}, not {given}");
        return null;
    }

    /// <summary>Reports the members that nobody asked for.</summary>
    public void End()
    {
        foreach (var member in _members.Values.Where(member => !_asked.Contains(member.Name)))
            Errors.Add(member.NameOffset, _self.Path, $"unknown member '{member.Name}'; expected {string.Join(", ", _asked)}");
    }

    public static string? Text(JsonValue value, ErrorList errors)
    {
        if (value.Kind == JsonTokenType.String)
            return value.Text;
        errors.Add(value, $"expected a string, not {value.Describe()}");
        return null;
    }

    private long? Whole(JsonValue value, long least, long most, string orNull)
    {
        if (value.Kind == JsonTokenType.Number
            && long.TryParse(value.Text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number)
            && number >= least && number <= most)
            return number;
        Errors.Add(value, string.Create(CultureInfo.InvariantCulture, $"expected a whole number from {least} to {most}{orNull}, not {value.Describe()}"));
        return null;
    }
}
