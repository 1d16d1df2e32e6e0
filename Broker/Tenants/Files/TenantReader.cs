using System.Text.Json;
using Starling.Broker.Collections;
using Starling.Broker.Tenants.Collisions;
using Starling.Broker.Tenants.Credentials;

namespace Starling.Broker.Tenants.Files;

/// <summary>Reads one tenant.</summary>
internal static class TenantReader
{
    private static readonly Dictionary<string, SharedSubscriptionStrategy> Strategies = new()
    {
        ["roundRobin"] = SharedSubscriptionStrategy.RoundRobin,
        ["sticky"] = SharedSubscriptionStrategy.Sticky,
        ["leastInFlight"] = SharedSubscriptionStrategy.LeastInFlight,
        ["localFirst"] = SharedSubscriptionStrategy.LocalFirst,
    };

    private static readonly Dictionary<string, InboxOverflow> Overflows = new()
    {
        ["dropOldest"] = InboxOverflow.DropOldest,
        ["dropNewest"] = InboxOverflow.DropNewest,
    };

    /// <param name="claimed">Server names taken by other tenants so far; this one's are added.</param>
    /// <param name="isWhole">Whether no users means that there are none, and not that they may stand under a name that is mistyped.</param>
    public static ReadableTenant Read(string name, JsonObject json, Dictionary<string, string> claimed, bool isWhole = false)
    {
        List<string> unclear = [];
        JsonObject? users = null;
        var options = new TenantOptions
        {
            Name = name,
            ServerNames = ServerNames(name, json, claimed),
            CertificateAuthorities = Authorities(json),
            Anonymous = Anonymous(json),
            Bans = BanReader.Read(json),
            ClientIds = AclReader.ReadClientIds(json),
            Users = (users = json.TakeObject("users")) is null ? [] : UserReader.Read(users, unclear),
            Acl = AclReader.Read(json, "acl"),
            Limits = json.TakeObject("limits") is { } limits ? LimitsReader.Read(limits) : new(),
            Shards = (int)(json.TakeWhole("shards", 1, 64) ?? 1),
            SharedSubscriptions = json.TakeChoice("sharedSubscriptionStrategy", Strategies) ?? default,
            InboxOverflow = json.TakeChoice("inboxOverflow", Overflows) ?? default,
            ClientIdCollisions = Collisions(json),
        };
        json.End();
        return new(
            options,
            AreUsersClear: (users is not null && unclear.TrueForAll(UserReader.IsName)) || (isWhole && !json.Has("users")),
            IsAnonymousClear: options.Anonymous is not null || (isWhole && !json.Has("anonymous")) || json.Take("anonymous")?.Kind == JsonTokenType.False,
            unclear);
    }

    private static ValueList<string> ServerNames(string tenant, JsonObject json, Dictionary<string, string> claimed)
    {
        List<string> names = [];
        foreach (var element in json.TakeArray("serverNames"))
        {
            if (JsonObject.Text(element, json.Errors) is not { } text)
                continue;
            var name = ServerName.Normalize(text);
            if (!IsServerName(name))
                json.Errors.Add(element, $"\"{text}\" is no server name; expected mqtt.example.com or *.example.com");
            else if (!claimed.TryAdd(name, tenant))
                json.Errors.Add(element, $"server name \"{text}\" belongs to tenant '{claimed[name]}' already");
            else
                names.Add(name);
        }
        return [.. names];
    }

    private static ValueList<string> Authorities(JsonObject json)
    {
        List<string> thumbprints = [];
        foreach (var element in json.TakeArray("certificateAuthorities"))
        {
            if (JsonObject.Text(element, json.Errors) is not { } text)
                continue;
            if (CertificateMatch.TryParseThumbprint(text, out var thumbprint))
                thumbprints.Add(thumbprint);
            else
                json.Errors.Add(element, $"expected the SHA-256 thumbprint of a certificate authority, 64 hex digits, not \"{text}\"");
        }
        return [.. thumbprints];
    }

    private static bool IsServerName(string name)
    {
        var host = name.StartsWith("*.", StringComparison.Ordinal) ? name[2..] : name;
        return host.Length <= 253 && host.Split('.').All(label =>
            label.Length is > 0 and <= 63 && label[0] != '-' && label[^1] != '-' && label.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_'));
    }

    /// <summary><c>false</c> or an object; not <c>true</c>, because who lets strangers in should say what they may do.</summary>
    private static AnonymousAccess? Anonymous(JsonObject json)
    {
        if (json.Take("anonymous") is not { } value || value.Kind == JsonTokenType.False)
            return null;
        if (value.Kind != JsonTokenType.StartObject)
        {
            json.Errors.Add(value, $"expected false or an object such as {{ \"acl\": [ ... ] }}, not {value.Describe()}");
            return null;
        }
        var anonymous = JsonObject.From(value, json.Errors)!;
        var access = new AnonymousAccess(AclReader.Read(anonymous, "acl"));
        anonymous.End();
        return access;
    }

    private static ClientIdCollisionOptions Collisions(JsonObject owner)
    {
        var standard = new ClientIdCollisionOptions();
        if (owner.TakeObject("clientIdCollisions") is not { } json)
            return standard;
        var hold = Seconds(json, "holdSeconds") ?? standard.Hold;
        var options = new ClientIdCollisionOptions
        {
            Enabled = json.TakeBoolean("enabled") ?? standard.Enabled,
            Threshold = (int)(json.TakeWhole("threshold", 2, 100) ?? standard.Threshold),
            Window = Seconds(json, "windowSeconds") ?? standard.Window,
            Hold = hold,
            MaximumHold = Seconds(json, "maximumHoldSeconds") ?? (hold > standard.MaximumHold ? hold : standard.MaximumHold),
        };
        json.End();
        return options;
    }

    private static TimeSpan? Seconds(JsonObject json, string name) =>
        json.TakeWhole(name, 1, 86_400) is { } seconds ? TimeSpan.FromSeconds(seconds) : null;
}
