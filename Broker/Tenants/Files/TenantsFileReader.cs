using System.Text.Json;
using System.Text.Unicode;

namespace Starling.Broker.Tenants.Files;

/// <summary>
/// Reads the text of a tenants file: JSON with comments and trailing commas, without unknown or repeated members. Mistakes in the JSON
/// end the reading; all others are reported together.
/// </summary>
public static class TenantsFileReader
{
    private static readonly byte[] ByteOrderMark = [0xEF, 0xBB, 0xBF];

    /// <exception cref="TenantsFileException">There are mistakes in it.</exception>
    /// <exception cref="IOException">It can't be read.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be read.</exception>
    public static IReadOnlyList<TenantOptions> Load(string file) => Read(file, File.ReadAllBytes(file));

    /// <param name="file">The name to use in messages.</param>
    /// <param name="utf8">The text.</param>
    /// <exception cref="TenantsFileException">There are mistakes in it.</exception>
    public static IReadOnlyList<TenantOptions> Read(string file, byte[] utf8)
    {
        utf8 = WithoutByteOrderMark(utf8);
        var errors = new ErrorList(file, utf8);
        var tenants = Parse(utf8, errors) is { } root && JsonObject.From(root, errors) is { } json ? Tenants(json, root) : null;
        return errors.IsEmpty
            ? [.. tenants!.Select(tenant => tenant.Options)]
            : throw new TenantsFileException(errors.Errors, tenants is null ? null : new Revocations(tenants, tenants.TrueForAll(tenant => TenantName.IsValid(tenant.Options.Name))));
    }

    /// <summary>
    /// Reads one tenant that comes from elsewhere by the same rules. Mistakes have no file, line or column; their path begins with
    /// <c>tenants.NAME</c>. Server names of other tenants are not looked at.
    /// </summary>
    /// <param name="utf8">The object that stands behind the name in a tenants file.</param>
    /// <exception cref="TenantsFileException">There are mistakes in it.</exception>
    public static TenantOptions ReadTenant(string name, byte[] utf8)
    {
        var path = $"tenants.{name}";
        var errors = new ErrorList(string.Empty, utf8);
        if (!TenantName.IsValid(name))
            errors.Add(0, path, NotATenantName(name));
        var tenant = Parse(utf8, errors, path) is { } root && JsonObject.From(root, errors) is { } json ? TenantReader.Read(name, json, [], isWhole: true) : null;
        return errors.IsEmpty ? tenant!.Options : throw new TenantsFileException(errors.Errors, tenant is null ? null : new Revocations([tenant]));
    }

    internal static byte[] WithoutByteOrderMark(byte[] utf8) =>
        utf8.AsSpan().StartsWith(ByteOrderMark) ? utf8[ByteOrderMark.Length..] : utf8;

    private static JsonValue? Parse(byte[] utf8, ErrorList errors, string path = "")
    {
        if (!Utf8.IsValid(utf8))
        {
            errors.Add(FirstInvalid(utf8), path, "this is not UTF-8");
            return null;
        }
        try
        {
            return PositionedJson.Parse(utf8, path);
        }
        catch (JsonException error)
        {
            // The message ends in the position, which is said already.
            var message = error.Message.Split(" LineNumber:", 2)[0];
            errors.AddAt(error.LineNumber ?? 0, error.BytePositionInLine ?? 0, path, $"this is not JSON: {message}");
        }
        catch (InvalidOperationException)
        {
            errors.Add(0, path, "a string has an escape that is half a surrogate pair");
        }
        return null;
    }

    /// <summary>Null when it is not clear which tenants there are.</summary>
    private static List<ReadableTenant>? Tenants(JsonObject root, JsonValue self)
    {
        var tenants = root.TakeObject("tenants");
        root.End();
        if (!root.Has("tenants"))
            root.Errors.Add(self, "expected { \"tenants\": { \"name\": { ... } } }");
        List<ReadableTenant> read = [];
        Dictionary<string, string> claimed = new(StringComparer.Ordinal);
        foreach (var member in tenants?.Members ?? [])
        {
            if (!TenantName.IsValid(member.Name))
                root.Errors.Add(member.NameOffset, member.Value.Path, NotATenantName(member.Name));
            read.Add(JsonObject.From(member.Value, root.Errors) is { } json
                ? TenantReader.Read(member.Name, json, claimed)
                : new(new() { Name = member.Name }, AreUsersClear: false, IsAnonymousClear: false, []));
        }
        return tenants is null ? null : read;
    }

    private static string NotATenantName(string name) =>
        $"\"{name}\" is no tenant name; expected 1 to 63 characters of a-z, 0-9 and '-', not starting with '-'";

    private static int FirstInvalid(ReadOnlySpan<byte> utf8)
    {
        var at = 0;
        while (at < utf8.Length && System.Text.Rune.DecodeFromUtf8(utf8[at..], out _, out var length) == System.Buffers.OperationStatus.Done)
            at += length;
        return at;
    }
}
