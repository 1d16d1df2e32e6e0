namespace Starling.Storage.PostgreSql;

/// <summary>
/// What a process does in the database, and so which rights it has to have there. Roles of its own for each are optional: one that owns the
/// schema has all rights.
/// </summary>
public enum DatabaseAccess
{
    /// <summary>A standalone broker or a silo: reads and writes all tables.</summary>
    Silo,

    /// <summary>An edge of a cluster: reads tenants, and where the silos are.</summary>
    Edge,

    /// <summary>The command line: reads tenants.</summary>
    ReadTenants,

    /// <summary>The command line: changes tenants.</summary>
    EditTenants,
}

/// <summary>The database's roles for a broker of which each part may do only what it has to.</summary>
public static class DatabaseRoles
{
    private const string Tenants = "schema_version, tenants, users";
    private const string Silos = "orleansquery, silo_tables, silos";

    /// <summary>
    /// Makes the roles <c>starling_migrator</c>, <c>starling_silo</c>, <c>starling_edge</c> and <c>starling_cli</c>, without passwords, and the
    /// schema, and grants rights on what is in it. For psql, by a superuser, in the broker's database. It may be run again.
    /// </summary>
    public static string Script =>
        $"""
        -- Roles for Starling. Run it as a superuser in the broker's database; it may be run again:
        --   starling database roles | psql -v ON_ERROR_STOP=1 -d starling
        -- Then give each role a password (\password starling_silo) or another way to log in, and run as starling_migrator:
        --   starling database migrate
        do $$
        declare wanted text;
        begin
            foreach wanted in array array['starling_migrator', 'starling_silo', 'starling_edge', 'starling_cli'] loop
                if not exists (select from pg_roles where rolname = wanted) then
                    execute format('create role %I login', wanted);
                end if;
                execute format('grant connect on database %I to %I', current_database(), wanted);
            end loop;
        end $$;
        create schema if not exists {Migrator.Schema};
        alter schema {Migrator.Schema} owner to starling_migrator;
        {Grants}
        """;

    /// <summary>Grants rights on what is in the schema to those of the roles that there are.</summary>
    internal static string Grants =>
        $"""
        do $$
        begin
            if exists (select from pg_roles where rolname = 'starling_silo') then
                grant usage on schema {Migrator.Schema} to starling_silo;
                grant select, insert, update, delete on all tables in schema {Migrator.Schema} to starling_silo;
                grant usage on all sequences in schema {Migrator.Schema} to starling_silo;
            end if;
            if exists (select from pg_roles where rolname = 'starling_edge') then
                grant usage on schema {Migrator.Schema} to starling_edge;
                if to_regclass('{Migrator.Schema}.silos') is not null then
                    grant select on {InSchema(Tenants)}, {InSchema(Silos)} to starling_edge;
                end if;
            end if;
            if exists (select from pg_roles where rolname = 'starling_cli') then
                grant usage on schema {Migrator.Schema} to starling_cli;
                if to_regclass('{Migrator.Schema}.users') is not null then
                    grant select on {InSchema(Tenants)} to starling_cli;
                    grant insert, update, delete on {InSchema("tenants, users")} to starling_cli;
                end if;
            end if;
        end $$;
        """;

    /// <summary>What a role needs: tables, or null for all and the sequences, and the rights on them.</summary>
    internal static IReadOnlyList<(string? Tables, string Rights)> Needs(DatabaseAccess access) => access switch
    {
        DatabaseAccess.Silo => [(null, "SELECT, INSERT, UPDATE, DELETE")],
        DatabaseAccess.Edge => [($"{Tenants}, {Silos}", "SELECT")],
        DatabaseAccess.ReadTenants => [(Tenants, "SELECT")],
        _ => [(Tenants, "SELECT"), ("tenants, users", "INSERT, UPDATE, DELETE")],
    };

    private static string InSchema(string tables) => string.Join(", ", tables.Split(", ").Select(table => $"{Migrator.Schema}.{table}"));
}
