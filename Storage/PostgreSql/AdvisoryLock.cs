using Npgsql;

namespace Starling.Storage.PostgreSql;

/// <summary>The keys of the advisory locks that brokers take in their database.</summary>
internal static class AdvisoryLock
{
    /// <summary>Held while the schema is looked at and changed.</summary>
    public const long Migrations = 0x5354_4152_0000_0001; // "STAR"

    /// <summary>Held as long as a standalone broker runs.</summary>
    public const long SingleBroker = 0x5354_4152_0000_0002;

    public static async Task<object?> ScalarAsync(this NpgsqlConnection connection, string sql, CancellationToken cancellation)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        var value = await command.ExecuteScalarAsync(cancellation);
        return value is DBNull ? null : value;
    }
}
