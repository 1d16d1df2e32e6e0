using Npgsql;

namespace Starling.Storage.PostgreSql;

/// <summary>What a broker depends on and can find out: the encoding, a session that stays with one server process, a server that writes.</summary>
internal static class ServerCheck
{
    /// <summary>How often two connections are compared. A pooler that has idle server connections hands out the same one at once.</summary>
    private const int Looks = 4;

    private const string IsStandby = "select pg_is_in_recovery()";

    /// <summary>Topics, client ids and user names are Unicode: a database that can't hold all of it would refuse some of them later.</summary>
    /// <returns>Null when it can.</returns>
    public static async Task<string?> EncodingProblemAsync(NpgsqlConnection connection, CancellationToken cancellation) =>
        await connection.ScalarAsync("show server_encoding", cancellation) is string encoding and not "UTF8"
            ? $"the database has the encoding {encoding}; Starling needs one made with ENCODING 'UTF8'"
            : null;

    /// <summary>
    /// A pooler in transaction or statement mode gives the server process of an idle connection to another one. Advisory locks would then hold
    /// nothing, notifications would be lost, and prepared statements would be somebody else's.
    /// </summary>
    /// <param name="connection">Idle.</param>
    /// <param name="connect">Opens another one.</param>
    /// <param name="cancellation">Gives up.</param>
    /// <returns>Null when the session stays with its server process.</returns>
    public static async Task<string?> PoolerProblemAsync(
        NpgsqlConnection connection, Func<Task<NpgsqlConnection>> connect, CancellationToken cancellation)
    {
        var process = await ProcessAsync(connection, cancellation);
        // A server tells its own process when it greets; a pooler makes a number up.
        if (process == connection.ProcessID)
            return null;
        await using var other = await connect();
        for (var look = 0; look < Looks; look++)
        {
            if (await ProcessAsync(other, cancellation) == process || await ProcessAsync(connection, cancellation) != process)
            {
                return "a pooler (such as PgBouncer in transaction mode) changes the server process between transactions; "
                    + "connect to the server itself, or use pool_mode = session";
            }
        }

        return null;
    }

    /// <summary>A role or a database that is set to read only would take no write.</summary>
    /// <returns>Null when it takes writes.</returns>
    public static async Task<string?> ReadOnlyProblemAsync(NpgsqlConnection connection, CancellationToken cancellation) =>
        await connection.ScalarAsync("show transaction_read_only", cancellation) is "on"
            ? "takes no writes: default_transaction_read_only is on for the server, the database or the user"
            : null;

    /// <exception cref="NpgsqlException">The server is a standby, which may be promoted: waiting can help.</exception>
    public static async Task RefuseStandbyAsync(NpgsqlConnection connection) =>
        Refuse(await connection.ScalarAsync(IsStandby, CancellationToken.None));

    /// <inheritdoc cref="RefuseStandbyAsync"/>
    public static void RefuseStandby(NpgsqlConnection connection)
    {
        using var command = new NpgsqlCommand(IsStandby, connection);
        Refuse(command.ExecuteScalar());
    }

    private static void Refuse(object? isStandby)
    {
        if (isStandby is true)
            throw new NpgsqlException("The server is a standby.", new IOException("the server is a standby, which takes no writes"));
    }

    private static async Task<int?> ProcessAsync(NpgsqlConnection connection, CancellationToken cancellation) =>
        await connection.ScalarAsync("select pg_backend_pid()", cancellation) as int?;
}
