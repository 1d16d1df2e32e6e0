using System.CommandLine;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;
using Starling.Broker.Tenants.Files;
using Starling.Cli.Context;
using Starling.Storage.PostgreSql;
using Starling.Storage.PostgreSql.Tenants;

namespace Starling.Cli.Commands;

/// <summary>The option that names the broker's database, and what is done there.</summary>
internal sealed class TenantDatabase(CliContext context)
{
    public const string Variable = "STARLING_DATABASE";

    private static readonly int NpgsqlDefault = new NpgsqlConnectionStringBuilder().Timeout;

    public Option<string?> Option { get; } = new("--database")
    {
        Description = $"The broker's database, as in storage.connectionString. Unless it is given, the environment variable {Variable}, which no list of processes shows.",
    };

    /// <summary>All tenants, by name.</summary>
    /// <exception cref="DatabaseException">It can't be used.</exception>
    public Task<IReadOnlyList<TenantDocument>> ReadAsync(ParseResult parsed, CancellationToken cancellation) =>
        UseAsync(parsed, DatabaseAccess.ReadTenants, connection => TenantTable.ReadAllAsync(connection, cancellation), cancellation);

    /// <summary>Does all of it or nothing.</summary>
    /// <exception cref="DatabaseException">It can't be used.</exception>
    /// <exception cref="TenantsFileException">A broker would find mistakes in it.</exception>
    public Task<T> EditAsync<T>(ParseResult parsed, Func<TenantEdit, Task<T>> change, CancellationToken cancellation) => UseAsync(
        parsed,
        DatabaseAccess.EditTenants,
        async connection =>
        {
            await using var edit = await TenantEdit.BeginAsync(connection, cancellation);
            var result = await change(edit);
            await edit.CommitAsync(cancellation);
            return result;
        },
        cancellation);

    /// <summary>Brings the schema up to date.</summary>
    /// <returns>The database, for messages.</returns>
    /// <exception cref="DatabaseException">It can't be used, or a right is missing.</exception>
    public async Task<string> MigrateAsync(ParseResult parsed, CancellationToken cancellation)
    {
        await using var database = Of(parsed, DatabaseAccess.Silo, migrate: true);
        await database.OpenAsync(cancellation);
        return database.Place;
    }

    /// <summary>How long to wait for a server that does not answer: Timeout of the connection string, in seconds, and Npgsql's default of 15 s without it.</summary>
    internal static TimeSpan Patience(string connectionString)
    {
        // What is wrong with a text that can't be used is said by whoever opens the database.
        var seconds = ConnectionText.ProblemWith(connectionString) is null ? new NpgsqlConnectionStringBuilder(connectionString).Timeout : 0;
        return TimeSpan.FromSeconds(seconds > 0 ? seconds : NpgsqlDefault);
    }

    /// <summary>What only reads changes nothing, the schema least of all.</summary>
    private async Task<T> UseAsync<T>(ParseResult parsed, DatabaseAccess access, Func<NpgsqlConnection, Task<T>> use, CancellationToken cancellation)
    {
        await using var database = Of(parsed, access, migrate: access != DatabaseAccess.ReadTenants);
        await database.OpenAsync(cancellation);
        try
        {
            await using var connection = await database.ConnectAsync("command line", cancellation);
            return await use(connection);
        }
        catch (NpgsqlException error)
        {
            throw database.Failure(error);
        }
    }

    private Database Of(ParseResult parsed, DatabaseAccess access, bool migrate)
    {
        var connectionString = parsed.GetValue(Option) ?? context.Environment(Variable);
        if (string.IsNullOrEmpty(connectionString))
            throw new CliException($"--database or the environment variable {Variable} has to name the database", ExitCodes.Usage);
        var options = new PostgreSqlOptions { ConnectionString = connectionString, StartTimeout = Patience(connectionString), Access = access, Migrate = migrate };
        return new Database(options, NullLoggerFactory.Instance, context.Time);
    }
}
