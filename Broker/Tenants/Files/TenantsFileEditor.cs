using System.Text;
using System.Text.Json;

namespace Starling.Broker.Tenants.Files;

/// <summary>Sets a user's credential in the text of a tenants file; every other byte of it, comments too, stays as it is.</summary>
public static class TenantsFileEditor
{
    /// <param name="file">The name to use in messages.</param>
    /// <param name="utf8">A tenants file without mistakes, except in what is to be replaced: a placeholder is no password hash.</param>
    /// <param name="tenant">A tenant in it.</param>
    /// <param name="user">A user of that tenant; added if there is none of that name.</param>
    /// <param name="member"><c>passwordHash</c> or <c>scram</c>.</param>
    /// <param name="value">The new value.</param>
    /// <returns>The new text.</returns>
    /// <exception cref="TenantsFileException">There are mistakes in the text, or would be in the new one.</exception>
    /// <exception cref="KeyNotFoundException">There is no such tenant.</exception>
    public static byte[] SetCredential(string file, byte[] utf8, string tenant, string user, string member, string value)
    {
        var text = TenantsFileReader.WithoutByteOrderMark(utf8);
        RequireFine(file, utf8, text, tenant, user, member);
        var settings = Member(Member(PositionedJson.Parse(text), "tenants")!, tenant)
            ?? throw new KeyNotFoundException($"{file} has no tenant '{tenant}'");
        var credential = $"{Quote(member)}: {Quote(value)}";
        var newUser = $"{Quote(user)}: {{ {credential} }}";
        var edited = Member(settings, "users") is not { } users ? Insert(text, settings, $"\"users\": {{ {newUser} }}")
            : Member(users, user) is not { } known ? Insert(text, users, newUser)
            : Member(known, member) is not { } old ? Insert(text, known, credential)
            : Replace(text, old.Offset, old.End, Quote(value));
        byte[] result = [.. utf8[..^text.Length], .. edited];
        TenantsFileReader.Read(file, result);
        return result;
    }

    private static void RequireFine(string file, byte[] utf8, byte[] text, string tenant, string user, string member)
    {
        try
        {
            TenantsFileReader.Read(file, utf8);
        }
        catch (TenantsFileException mistakes) when (AreInReplaced(mistakes, text, tenant, user, member))
        {
            // The new credential mends them, or the reader finds them again.
        }
    }

    private static bool AreInReplaced(TenantsFileException mistakes, byte[] text, string tenant, string user, string member)
    {
        try
        {
            if (Member(PositionedJson.Parse(text), "tenants") is not { } tenants || Member(tenants, tenant) is not { } settings
                || Member(settings, "users") is not { } users || Member(users, user) is not { } known)
                return false;
            var replaced = Member(known, member);
            return mistakes.Errors.All(mistake => mistake.Path == known.Path || mistake.Path == replaced?.Path);
        }
        catch (Exception error) when (error is JsonException or InvalidOperationException)
        {
            return false;
        }
    }

    private static JsonValue? Member(JsonValue self, string name) => self.Members.FirstOrDefault(member => member.Name == name)?.Value;

    /// <summary>Adds a member at the end of an object, on a line of its own if the last one has one too.</summary>
    private static byte[] Insert(byte[] text, JsonValue self, string member)
    {
        if (self.Members.Count == 0)
            return Replace(text, self.Offset + 1, self.Offset + 1, self.End - self.Offset == 2 ? $" {member} " : $" {member}");
        var last = self.Members[^1];
        var lineStart = text.AsSpan(0, last.NameOffset).LastIndexOf((byte)'\n') + 1;
        var before = text.AsSpan(lineStart, last.NameOffset - lineStart);
        var ownLine = lineStart > 0 && before.IndexOfAnyExcept((byte)' ', (byte)'\t') < 0;
        var lineEnd = lineStart > 1 && text[lineStart - 2] == '\r' ? "\r\n" : "\n";
        var separator = ownLine ? lineEnd + Encoding.UTF8.GetString(before) : " ";
        return Replace(text, last.Value.End, last.Value.End, $",{separator}{member}");
    }

    private static byte[] Replace(byte[] text, int start, int end, string with) =>
        [.. text.AsSpan(0, start), .. Encoding.UTF8.GetBytes(with), .. text.AsSpan(end)];

    private static string Quote(string text) =>
        $"\"{JsonEncodedText.Encode(text, System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping)}\"";
}
