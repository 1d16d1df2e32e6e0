using Starling.Broker.Collections;
using Starling.Broker.Tenants.Credentials;

namespace Starling.Broker.Tenants.Files;

/// <summary>Reads <c>"users": { "name": { "passwordHash": ..., "scram": ..., "certificates": [...], "acl": [...] } }</c>.</summary>
internal static class UserReader
{
    /// <param name="unclear">Gets the names of users with mistakes.</param>
    public static ValueList<UserOptions> Read(JsonObject users, ICollection<string> unclear)
    {
        List<UserOptions> read = [];
        Dictionary<CertificateMatch, string> mapped = [];
        foreach (var member in users.Members)
        {
            var mistakes = users.Errors.Count;
            var problem = !IsName(member.Name)
                ? "a user name has at least one character, and no U+0000"
                : System.Text.Encoding.UTF8.GetByteCount(member.Name) > 65_535 ? "a user name has at most 65,535 bytes" : null;
            if (problem is not null)
                users.Errors.Add(member.NameOffset, member.Value.Path, problem);
            read.Add(JsonObject.From(member.Value, users.Errors) is { } json ? User(member, json, mapped) : new() { Name = member.Name });
            if (users.Errors.Count > mistakes)
                unclear.Add(member.Name);
        }
        return [.. read];
    }

    public static bool IsName(string name) => name.Length > 0 && !name.Contains('\0');

    private static UserOptions User(JsonMember member, JsonObject json, Dictionary<CertificateMatch, string> mapped)
    {
        var user = new UserOptions
        {
            Name = member.Name,
            Enabled = json.TakeBoolean("enabled") ?? true,
            NotAfter = json.TakeTime("notAfter"),
            PasswordHash = PasswordHash(json, "passwordHash"),
            PreviousPasswordHash = PasswordHash(json, "previousPasswordHash"),
            PreviousPasswordNotAfter = json.TakeTime("previousPasswordNotAfter"),
            Scram = Scram(json),
            Certificates = Certificates(json, member.Name, mapped),
            ClientIds = AclReader.ReadClientIds(json),
            Acl = AclReader.Read(json, "acl"),
        };
        json.End();
        if (!json.Has("passwordHash") && !json.Has("scram") && !json.Has("certificates"))
            json.Errors.Add(member.Value, "nobody can log in as this user: give it \"passwordHash\", \"scram\" or \"certificates\"");
        if (user is { PreviousPasswordHash: not null, PasswordHash: null })
            json.Errors.Add(member.Value, "\"previousPasswordHash\" is for the time in which \"passwordHash\" is new; give it one");
        return user;
    }

    private static string? PasswordHash(JsonObject json, string name)
    {
        if (json.Take(name) is not { } value || JsonObject.Text(value, json.Errors) is not { } text)
            return null;
        if (PasswordHashFormat.Explain(text) is not { } problem)
            return text;
        json.Errors.Add(value, $"bad password hash: {problem}; make one with 'starling passwd'");
        return null;
    }

    private static ScramCredential? Scram(JsonObject json)
    {
        if (json.Take("scram") is not { } value || JsonObject.Text(value, json.Errors) is not { } text)
            return null;
        if (!ScramCredential.TryParse(text, out var scram, out var problem))
            json.Errors.Add(value, $"bad SCRAM credential: {problem}; make one with 'starling passwd --scram'");
        return scram;
    }

    private static ValueList<CertificateMatch> Certificates(JsonObject json, string user, Dictionary<CertificateMatch, string> mapped)
    {
        List<CertificateMatch> matches = [];
        foreach (var element in json.TakeArray("certificates"))
        {
            if (JsonObject.Text(element, json.Errors) is not { } text)
                continue;
            if (!CertificateMatch.TryParse(text, out var match))
                json.Errors.Add(element, $"expected CN=name, DNS=name or a SHA-256 thumbprint of 64 hex digits, not \"{text}\"");
            else if (!mapped.TryAdd(match, user))
                json.Errors.Add(element, $"\"{text}\" is mapped to user '{mapped[match]}' already");
            else
                matches.Add(match);
        }
        return [.. matches];
    }
}
