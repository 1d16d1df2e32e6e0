using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Starling.Broker.Tenants.Files;

namespace Starling.Storage.PostgreSql.Tenants;

/// <summary>A tenant as it is to be written: its rows.</summary>
/// <param name="Json">The object that stands behind it in a tenants file, without the users.</param>
/// <param name="Users">By user name, the object that stands behind it in a tenants file.</param>
public sealed record TenantDefinition(string Name, string Json, IReadOnlyDictionary<string, string> Users)
{
    private static readonly JsonDocumentOptions Parsing = new() { AllowTrailingCommas = true, CommentHandling = JsonCommentHandling.Skip };
    private static readonly JsonSerializerOptions Writing = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Everything in a tenants file but its comments.</summary>
    /// <param name="file">The name to use in messages.</param>
    /// <param name="utf8">Its text.</param>
    /// <exception cref="TenantsFileException">There are mistakes in it.</exception>
    public static IReadOnlyList<TenantDefinition> FromFile(string file, byte[] utf8)
    {
        TenantsFileReader.Read(file, utf8);
        var preamble = System.Text.Encoding.UTF8.Preamble;
        var text = utf8.AsSpan().StartsWith(preamble) ? utf8.AsSpan(preamble.Length) : utf8;
        var tenants = JsonNode.Parse(text, documentOptions: Parsing)!["tenants"]!.AsObject();
        return [.. tenants.Select(tenant => Of(tenant.Key, tenant.Value!.AsObject()))];
    }

    private static TenantDefinition Of(string name, JsonObject tenant)
    {
        var users = tenant["users"]?.AsObject() ?? [];
        tenant.Remove("users");
        return new(name, tenant.ToJsonString(Writing), users.ToDictionary(user => user.Key, user => user.Value!.ToJsonString(Writing)));
    }
}
