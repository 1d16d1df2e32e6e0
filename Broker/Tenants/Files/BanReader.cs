using System.Net;
using Starling.Broker.Collections;
using Starling.Broker.Tenants.Access;

namespace Starling.Broker.Tenants.Files;

/// <summary>Reads <c>"bans": [{ "clientId": "bot-*", "user": "ann", "address": "192.0.2.0/24", "notAfter": "...", "reason": "..." }]</c>.</summary>
internal static class BanReader
{
    /// <summary>Each CONNECT goes through all of them.</summary>
    private const int Most = 1000;

    public static ValueList<Ban> Read(JsonObject tenant)
    {
        List<Ban> bans = [];
        foreach (var element in tenant.TakeArray("bans"))
        {
            if (JsonObject.From(element, tenant.Errors) is not { } json)
                continue;
            var ban = new Ban
            {
                ClientId = ClientId(json),
                User = json.TakeText("user"),
                Address = Address(json),
                NotAfter = json.TakeTime("notAfter"),
                Reason = json.TakeText("reason"),
            };
            json.End();
            if (!json.Has("clientId") && !json.Has("user") && !json.Has("address"))
                json.Errors.Add(element, "a ban needs \"clientId\", \"user\" or \"address\"");
            if (bans.Count == Most)
                json.Errors.Add(element, $"a tenant has at most {Most} bans");
            bans.Add(ban);
        }
        return [.. bans];
    }

    private static ClientIdPattern? ClientId(JsonObject json)
    {
        if (json.Take("clientId") is not { } value || JsonObject.Text(value, json.Errors) is not { } text)
            return null;
        if (!ClientIdPattern.TryParse(text, out var pattern, out var error))
            json.Errors.Add(value, $"bad client id pattern: {error}");
        return pattern;
    }

    private static IPNetwork? Address(JsonObject json)
    {
        if (json.Take("address") is not { } value || JsonObject.Text(value, json.Errors) is not { } text)
            return null;
        if (IPNetwork.TryParse(text, out var network))
            return network;
        if (IPAddress.TryParse(text, out var address))
            return new IPNetwork(address, address.GetAddressBytes().Length * 8);
        json.Errors.Add(value, $"expected an address or a network such as 192.0.2.0/24, not \"{text}\"");
        return null;
    }
}
