using Microsoft.Extensions.Logging;
using Npgsql;

namespace Starling.Storage.PostgreSql;

/// <summary>
/// Brings the schema <c>starling</c> to what this program needs: one transaction per migration, all under one lock, so that any number of
/// processes may start at once. It needs no superuser, only a schema that the role may create in; once that is up to date, only what the
/// process itself needs (<see cref="DatabaseAccess"/>).
/// </summary>
internal sealed partial class Migrator(
    NpgsqlConnection connection, IReadOnlyList<Migration> migrations, ILogger<Migrator> logger, DatabaseAccess access = DatabaseAccess.Silo)
{
    public const string Schema = "starling";

    private string Database => connection.Database;

    private string Role => new NpgsqlConnectionStringBuilder(connection.ConnectionString).Username!;

    /// <returns>How many migrations it has applied.</returns>
    /// <exception cref="DatabaseException">The schema is newer than the program, is not what the program made, or a right is missing.</exception>
    /// <exception cref="NpgsqlException">The server failed.</exception>
    public async Task<int> RunAsync(CancellationToken cancellation)
    {
        await ExecuteAsync($"select pg_advisory_lock({AdvisoryLock.Migrations})", cancellation);
        try
        {
            await CreateSchemaAsync(cancellation);
            var missing = Missing(await AppliedAsync(cancellation)).ToList();
            foreach (var migration in missing)
                await ApplyAsync(migration, cancellation);
            if (missing.Count > 0)
                await ExecuteAsync(DatabaseRoles.Grants, cancellation);
            await CheckRightsAsync(cancellation);
            return missing.Count;
        }
        finally
        {
            // A broken connection does not hold it any more.
            if (connection.State == System.Data.ConnectionState.Open)
                await ExecuteAsync($"select pg_advisory_unlock({AdvisoryLock.Migrations})", CancellationToken.None);
        }
    }

    /// <summary>Changes nothing.</summary>
    /// <returns>Why the schema can't be used yet, though somebody may migrate it; null when it is up to date.</returns>
    /// <inheritdoc cref="RunAsync" path="/exception"/>
    public async Task<string?> CheckAsync(CancellationToken cancellation)
    {
        const string Advice = "run: starling database migrate";
        if (await connection.ScalarAsync($"select to_regnamespace('{Schema}')::text", cancellation) is null)
            return $"database \"{Database}\" has no schema {Schema}; {Advice}";
        await CheckUsageAsync(cancellation);
        var applied = await AppliedAsync(cancellation);
        if (Missing(applied).Any())
        {
            return $"the schema in database \"{Database}\" has version {(applied.Count == 0 ? 0 : applied[^1].Version)}, "
                + $"this program needs {migrations[^1].Version} ({migrations[^1].Name}); {Advice}";
        }

        await CheckRightsAsync(cancellation);
        return null;
    }

    /// <summary>What is to be applied, after a look at what was.</summary>
    private IEnumerable<Migration> Missing(List<(int Version, string Name)> applied)
    {
        var newest = migrations[^1];
        if (applied.Count > 0 && applied[^1] is var last && last.Version > newest.Version)
        {
            throw new DatabaseException(
                $"the schema in database \"{Database}\" has version {last.Version} ({last.Name}), this program knows versions up to {newest.Version} ({newest.Name}); run a newer program");
        }
        for (var i = 0; i < applied.Count; i++)
        {
            if (applied[i] != (migrations[i].Version, migrations[i].Name))
            {
                throw new DatabaseException(
                    $"the schema in database \"{Database}\" was made by something else: it has {applied[i].Version} ({applied[i].Name}) where this program has {migrations[i].Version} ({migrations[i].Name})");
            }
        }
        return migrations.Skip(applied.Count);
    }

    private async Task CreateSchemaAsync(CancellationToken cancellation)
    {
        // "create schema if not exists" asks for the right to create one even where there is one.
        if (await connection.ScalarAsync($"select to_regnamespace('{Schema}')::text", cancellation) is null)
        {
            await PermittedAsync(
                () => ExecuteAsync($"create schema {Schema}", cancellation),
                $"may not create the schema {Schema} in database \"{Database}\"",
                $"GRANT CREATE ON DATABASE \"{Database}\" TO \"{Role}\", or CREATE SCHEMA {Schema} AUTHORIZATION \"{Role}\"");
        }
        await CheckUsageAsync(cancellation);
    }

    private async Task CheckUsageAsync(CancellationToken cancellation)
    {
        if (await connection.ScalarAsync($"select has_schema_privilege('{Schema}', 'usage')", cancellation) is false)
            throw Missing($"may not use the schema {Schema} in database \"{Database}\"", $"GRANT USAGE, CREATE ON SCHEMA {Schema} TO \"{Role}\"");
    }

    private async Task<List<(int Version, string Name)>> AppliedAsync(CancellationToken cancellation)
    {
        var applied = new List<(int, string)>();
        if (await connection.ScalarAsync($"select to_regclass('{Schema}.schema_version')::text", cancellation) is null)
            return applied;
        await PermittedAsync(ReadAsync, $"may not read {Schema}.schema_version", TableGrant);
        return applied;

        async Task ReadAsync()
        {
            await using var command = new NpgsqlCommand($"select version, name from {Schema}.schema_version order by version", connection);
            await using var rows = await command.ExecuteReaderAsync(cancellation);
            while (await rows.ReadAsync(cancellation))
                applied.Add((rows.GetInt32(0), rows.GetString(1)));
        }
    }

    private async Task ApplyAsync(Migration migration, CancellationToken cancellation)
    {
        await PermittedAsync(
            async () =>
            {
                await using var transaction = await connection.BeginTransactionAsync(cancellation);
                if (migration.Version == 1)
                {
                    await ExecuteAsync(
                        $"create table {Schema}.schema_version (version int primary key, name text not null, applied_at timestamptz not null default now())",
                        cancellation);
                }
                await ExecuteAsync(migration.Sql, cancellation);
                await ExecuteAsync($"insert into {Schema}.schema_version (version, name) values ({migration.Version}, '{migration.Name}')", cancellation);
                await transaction.CommitAsync(cancellation);
            },
            $"may not apply migration {migration.Name} to database \"{Database}\"",
            $"GRANT USAGE, CREATE ON SCHEMA {Schema} TO \"{Role}\", as the owner of the tables in it");
        LogApplied(migration.Name);
    }

    /// <summary>The tables may belong to another role.</summary>
    private async Task CheckRightsAsync(CancellationToken cancellation)
    {
        foreach (var (tables, rights) in DatabaseRoles.Needs(access))
        {
            var named = tables is null ? "" : $"and relname = any(string_to_array('{tables}', ', '))";
            var each = string.Join(" and ", rights.Split(", ").Select(right => $"has_table_privilege(oid, '{right}')"));
            var forbidden = await connection.ScalarAsync(
                $"""
                select string_agg(relname, ', ' order by relname) from pg_class where relnamespace = '{Schema}'::regnamespace {named} and case relkind
                    when 'r' then not ({each})
                    when 'S' then not has_sequence_privilege(oid, 'usage')
                    else false end
                """,
                cancellation);
            if (forbidden is null)
                continue;
            var grant = tables is null ? TableGrant : $"GRANT {rights} ON {string.Join(", ", tables.Split(", ").Select(table => $"{Schema}.{table}"))} TO \"{Role}\"";
            throw Missing($"may not {(rights == "SELECT" ? "read" : "read and write")} {forbidden} in schema {Schema} of database \"{Database}\"", grant);
        }
    }

    private string TableGrant =>
        $"GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA {Schema} TO \"{Role}\" and GRANT USAGE ON ALL SEQUENCES IN SCHEMA {Schema} TO \"{Role}\"";

    private async Task PermittedAsync(Func<Task> action, string forbidden, string grant)
    {
        try
        {
            await action();
        }
        catch (PostgresException e) when (e.SqlState == PostgresErrorCodes.InsufficientPrivilege)
        {
            throw Missing(forbidden, grant, e);
        }
    }

    private DatabaseException Missing(string forbidden, string grant, PostgresException? e = null) =>
        new($"user \"{Role}\" {forbidden}{(e is null ? "" : $" ({e.MessageText})")}: what is missing is {grant}", e);

    /// <summary>However long it takes: the lock may be another's for as long as its migrations take.</summary>
    private async Task ExecuteAsync(string sql, CancellationToken cancellation)
    {
        await using var command = new NpgsqlCommand(sql, connection) { CommandTimeout = 0 };
        await command.ExecuteNonQueryAsync(cancellation);
    }
}
