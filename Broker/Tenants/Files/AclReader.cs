using Starling.Broker.Collections;
using Starling.Broker.Tenants.Access;

namespace Starling.Broker.Tenants.Files;

/// <summary>Reads <c>[ { "allow": "all|publish|subscribe", "filter": "a/#" }, { "deny": ... } ]</c>.</summary>
internal static class AclReader
{
    private static readonly Dictionary<string, AclActions> Actions = new()
    {
        ["all"] = AclActions.All,
        ["publish"] = AclActions.Publish,
        ["subscribe"] = AclActions.Subscribe,
    };

    public static ValueList<AclRule> Read(JsonObject owner, string name)
    {
        List<AclRule> rules = [];
        foreach (var element in owner.TakeArray(name))
        {
            if (JsonObject.From(element, owner.Errors) is { } json && Rule(json, element) is { } rule)
                rules.Add(rule);
        }
        return [.. rules];
    }

    /// <summary>Reads <c>"clientIds": ["%u", "%u-*"]</c>.</summary>
    public static ValueList<ClientIdPattern> ReadClientIds(JsonObject owner)
    {
        List<ClientIdPattern> patterns = [];
        foreach (var element in owner.TakeArray("clientIds"))
        {
            if (JsonObject.Text(element, owner.Errors) is not { } text)
                continue;
            if (ClientIdPattern.TryParse(text, out var pattern, out var error))
                patterns.Add(pattern);
            else
                owner.Errors.Add(element, $"bad client id pattern: {error}");
        }
        return [.. patterns];
    }

    private static AclRule? Rule(JsonObject json, JsonValue self)
    {
        var allowed = json.TakeChoice("allow", Actions);
        var denied = json.TakeChoice("deny", Actions);
        var filter = json.Take("filter");
        json.End();
        if (json.Has("allow") == json.Has("deny"))
            json.Errors.Add(self, "a rule has either \"allow\" or \"deny\"");
        if (filter is null)
        {
            json.Errors.Add(self, "a rule needs a \"filter\"");
            return null;
        }
        if (JsonObject.Text(filter, json.Errors) is not { } text)
            return null;
        if (!AclPattern.TryParse(text, out var pattern, out var error))
        {
            json.Errors.Add(filter, $"bad topic filter \"{text}\": {error}");
            return null;
        }
        return (allowed ?? denied) is { } actions ? new(allowed is not null, actions, pattern) : null;
    }
}
