using Npgsql;
using Starling.Broker.Tenants;
using Starling.Broker.Tenants.Files;

namespace Starling.Storage.PostgreSql.Tenants;

/// <summary>
/// A transaction that changes tenants: nobody else changes any meanwhile, and <see cref="CommitAsync"/> refuses what a broker would refuse.
/// Without it nothing is changed.
/// </summary>
public sealed class TenantEdit : IAsyncDisposable
{
    private readonly NpgsqlConnection _connection;
    private readonly NpgsqlTransaction _transaction;
    private readonly HashSet<string> _written = new(StringComparer.Ordinal);

    private TenantEdit(NpgsqlConnection connection, NpgsqlTransaction transaction)
    {
        _connection = connection;
        _transaction = transaction;
    }

    /// <param name="connection">Open; must stay so until the edit is disposed of.</param>
    /// <param name="cancellation">Gives up waiting for another edit.</param>
    public static async Task<TenantEdit> BeginAsync(NpgsqlConnection connection, CancellationToken cancellation)
    {
        var edit = new TenantEdit(connection, await connection.BeginTransactionAsync(cancellation));
        await edit.ExecuteAsync("lock table tenants, users in share row exclusive mode", cancellation);
        return edit;
    }

    public ValueTask DisposeAsync() => _transaction.DisposeAsync();

    /// <summary>Adds tenants and users, or gives them new definitions; users who are not named stay.</summary>
    public async Task SetAsync(IReadOnlyList<TenantDefinition> tenants, CancellationToken cancellation)
    {
        _written.UnionWith(tenants.Select(tenant => tenant.Name));
        await ExecuteAsync(
            """
            insert into tenants as old (name, definition) select name, definition::jsonb from unnest($1, $2) new (name, definition)
            on conflict (name) do update set definition = excluded.definition where old.definition <> excluded.definition
            """,
            cancellation, Names(tenants), tenants.Select(tenant => tenant.Json).ToArray());
        var users = tenants.SelectMany(tenant => tenant.Users, (tenant, user) => (Tenant: tenant.Name, Name: user.Key, Json: user.Value)).ToList();
        await ExecuteAsync(
            """
            insert into users as old (tenant, name, definition) select tenant, name, definition::jsonb from unnest($1, $2, $3) new (tenant, name, definition)
            on conflict (tenant, name) do update set definition = excluded.definition where old.definition <> excluded.definition
            """,
            cancellation,
            users.Select(user => user.Tenant).ToArray(), users.Select(user => user.Name).ToArray(), users.Select(user => user.Json).ToArray());
    }

    /// <summary>Removes all tenants and users but these.</summary>
    public async Task<(int Tenants, int Users)> PruneAsync(IReadOnlyList<TenantDefinition> tenants, CancellationToken cancellation)
    {
        var kept = tenants.SelectMany(tenant => tenant.Users.Keys, (tenant, user) => (Tenant: tenant.Name, User: user)).ToList();
        var users = await ExecuteAsync(
            """
            delete from users old where not exists (
                select from unnest($1, $2) kept (tenant, name) where kept.tenant = old.tenant and kept.name = old.name)
            """,
            cancellation, kept.Select(user => user.Tenant).ToArray(), kept.Select(user => user.User).ToArray());
        return (await ExecuteAsync("delete from tenants where name <> all($1)", cancellation, (object)Names(tenants)), users);
    }

    /// <summary>False when there is no such tenant.</summary>
    public async Task<bool> RemoveAsync(string tenant, CancellationToken cancellation) =>
        await ExecuteAsync("delete from tenants where name = $1", cancellation, tenant) > 0;

    /// <summary>Adds a user, or sets these members of its definition and leaves the others.</summary>
    /// <returns>False when there is no such tenant.</returns>
    public async Task<bool> SetUserAsync(string tenant, string user, string json, CancellationToken cancellation)
    {
        _written.Add(tenant);
        return await ExecuteAsync(
            """
            insert into users as old (tenant, name, definition) select name, $2, $3::jsonb from tenants where name = $1
            on conflict (tenant, name) do update set definition = old.definition || excluded.definition
            """,
            cancellation, tenant, user, json) > 0;
    }

    /// <summary>False when there is no such user.</summary>
    public async Task<bool> RemoveUserAsync(string tenant, string user, CancellationToken cancellation) =>
        await ExecuteAsync("delete from users where tenant = $1 and name = $2", cancellation, tenant, user) > 0;

    /// <exception cref="TenantsFileException">There are mistakes in a tenant that was written; nothing is changed.</exception>
    public async Task CommitAsync(CancellationToken cancellation)
    {
        List<TenantsFileError> errors = [];
        List<TenantOptions> valid = [];
        foreach (var tenant in _written.Count == 0 ? [] : await TenantTable.ReadAllAsync(_connection, cancellation))
        {
            try
            {
                valid.Add(tenant.Read());
            }
            catch (TenantsFileException mistakes)
            {
                // Somebody else's mistakes are not in the way.
                if (_written.Contains(tenant.Name))
                    errors.AddRange(mistakes.Errors);
            }
        }
        // Who was there first has the right to a name.
        var clashes = ServerNameClash.In(valid.OrderBy(tenant => _written.Contains(tenant.Name)));
        errors.AddRange(clashes.Where(clash => _written.Contains(clash.Later)).Select(clash => new TenantsFileError(
            "", 0, 0, $"tenants.{clash.Later}.serverNames", $"server name \"{clash.ServerName}\" belongs to tenant '{clash.Earlier}' already")));
        if (errors.Count > 0)
            throw new TenantsFileException(errors);
        await _transaction.CommitAsync(cancellation);
    }

    private static string[] Names(IReadOnlyList<TenantDefinition> tenants) => [.. tenants.Select(tenant => tenant.Name)];

    /// <summary>However long it takes: another edit may be in the way, or the file be large.</summary>
    private async Task<int> ExecuteAsync(string sql, CancellationToken cancellation, params object[] values)
    {
        await using var command = new NpgsqlCommand(sql, _connection, _transaction) { CommandTimeout = 0 };
        foreach (var value in values)
            command.Parameters.Add(new() { Value = value });
        return await command.ExecuteNonQueryAsync(cancellation);
    }
}
