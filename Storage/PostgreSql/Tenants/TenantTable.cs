using Npgsql;

namespace Starling.Storage.PostgreSql.Tenants;

/// <summary>Reads the tables <c>tenants</c> and <c>users</c>.</summary>
public static class TenantTable
{
    /// <summary>What a change of these tables is announced on; the payload is the tenant's name, or empty for all.</summary>
    public const string Channel = "starling_tenants";

    private const string Tenants = """select name as tenant, null as "user", definition::text as definition from tenants""";
    private const string Users = "select tenant, name, definition::text from users";

    /// <summary>A tenant's row, which has no user, comes before those of its users.</summary>
    private const string InOrder = """order by tenant, "user" nulls first""";

    // One statement, so that tenants and users are of one moment.
    private const string All = $"{Tenants} union all {Users} {InOrder}";
    private const string Some = $"{Tenants} where name = any($1) union all {Users} where tenant = any($1) {InOrder}";

    /// <summary>In seconds; a tenant can have a million users.</summary>
    private const int LongestRead = 60;

    /// <summary>All tenants, by name.</summary>
    public static async Task<IReadOnlyList<TenantDocument>> ReadAllAsync(NpgsqlConnection connection, CancellationToken cancellation)
    {
        await using var command = new NpgsqlCommand(All, connection);
        return await ReadAsync(command, cancellation);
    }

    /// <summary>Those of these tenants that there are, by name.</summary>
    public static async Task<IReadOnlyList<TenantDocument>> ReadAsync(
        NpgsqlConnection connection, IEnumerable<string> names, CancellationToken cancellation)
    {
        await using var command = new NpgsqlCommand(Some, connection) { Parameters = { new() { Value = names.ToArray() } } };
        return await ReadAsync(command, cancellation);
    }

    private static async Task<IReadOnlyList<TenantDocument>> ReadAsync(NpgsqlCommand command, CancellationToken cancellation)
    {
        List<TenantDocument> tenants = [];
        List<KeyValuePair<string, string>> users = [];
        (string Name, string Definition)? tenant = null;
        command.CommandTimeout = LongestRead;
        await using var reader = await command.ExecuteReaderAsync(cancellation);
        while (await reader.ReadAsync(cancellation))
        {
            if (!await reader.IsDBNullAsync(1, cancellation))
            {
                users.Add(new(reader.GetString(1), reader.GetString(2)));
                continue;
            }
            End();
            tenant = (reader.GetString(0), reader.GetString(2));
        }
        End();
        return tenants;

        void End()
        {
            if (tenant is var (name, definition))
                tenants.Add(TenantDocument.Of(name, definition, users));
            users.Clear();
        }
    }
}
