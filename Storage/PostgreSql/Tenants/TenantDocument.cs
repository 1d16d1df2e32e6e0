using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;
using Starling.Broker.Tenants;
using Starling.Broker.Tenants.Files;

namespace Starling.Storage.PostgreSql.Tenants;

/// <summary>A tenant as the database has it: the object that would stand behind its name in a tenants file.</summary>
/// <param name="Utf8">The text of the object, users included.</param>
/// <param name="Users">How many users it has.</param>
public sealed record TenantDocument(string Name, byte[] Utf8, int Users)
{
    /// <exception cref="TenantsFileException">There are mistakes in it; their paths begin with <c>tenants.NAME</c>.</exception>
    public TenantOptions Read() => TenantsFileReader.ReadTenant(Name, Utf8);

    /// <summary>The text of a tenants file with these tenants.</summary>
    public static byte[] ToFile(IEnumerable<TenantDocument> tenants)
    {
        var text = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(text, new() { Indented = true, NewLine = "\n", Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        {
            json.WriteStartObject();
            json.WriteStartObject("tenants");
            foreach (var tenant in tenants)
            {
                json.WritePropertyName(tenant.Name);
                using var parsed = JsonDocument.Parse(tenant.Utf8);
                parsed.RootElement.WriteTo(json);
            }
            json.WriteEndObject();
            json.WriteEndObject();
        }
        text.Write("\n"u8);
        return text.WrittenSpan.ToArray();
    }

    /// <summary>Puts rows together.</summary>
    /// <param name="definition">JSON object, without users.</param>
    /// <param name="users">By user name, a JSON object each.</param>
    internal static TenantDocument Of(string name, string definition, IReadOnlyCollection<KeyValuePair<string, string>> users)
    {
        var text = new ArrayBufferWriter<byte>();
        using var json = new Utf8JsonWriter(text);
        json.WriteStartObject();
        using (var members = JsonDocument.Parse(definition))
        {
            foreach (var member in members.RootElement.EnumerateObject())
                member.WriteTo(json);
        }
        if (users.Count > 0)
        {
            json.WriteStartObject("users");
            foreach (var (user, itsDefinition) in users)
            {
                json.WritePropertyName(user);
                json.WriteRawValue(itsDefinition);
            }
            json.WriteEndObject();
        }
        json.WriteEndObject();
        json.Flush();
        return new(name, text.WrittenSpan.ToArray(), users.Count);
    }
}
