using Npgsql;

namespace Starling.Storage.PostgreSql.Writing;

/// <summary>What a failed transaction says about the writes in it.</summary>
internal static class WriteErrors
{
    /// <summary>
    /// The server is away, stopping, full, short of something, a standby, or gave up this time: the same transaction may succeed later. All
    /// others would fail again for as long as they are sent.
    /// </summary>
    public static bool MayPass(PostgresException error) =>
        error.SqlState.AsSpan(0, 2) is "08" or "40" or "53" or "57" or "58"
        || error.SqlState is PostgresErrorCodes.ReadOnlySqlTransaction or PostgresErrorCodes.LockNotAvailable or PostgresErrorCodes.ObjectInUse;

    /// <summary>Another process and this one waited for each other, and the server ended that (deadlock, serialization failure).</summary>
    public static bool IsInTheWay(PostgresException error) => error.SqlState is PostgresErrorCodes.DeadlockDetected or PostgresErrorCodes.SerializationFailure;

    /// <summary>Data exceptions, integrity constraints, program limits: what was sent is to blame, and another connection changes nothing.</summary>
    public static bool IsInTheData(PostgresException error) => error.SqlState.AsSpan(0, 2) is "22" or "23" or "54";

    /// <summary>It took too long: less of it may not.</summary>
    public static bool IsTooMuch(Exception error) => error
        is TimeoutException or NpgsqlException { InnerException: TimeoutException } or PostgresException { SqlState: PostgresErrorCodes.QueryCanceled };
}
