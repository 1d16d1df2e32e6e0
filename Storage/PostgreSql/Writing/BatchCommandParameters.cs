using Npgsql;
using NpgsqlTypes;

namespace Starling.Storage.PostgreSql.Writing;

/// <summary>Positional parameters.</summary>
internal static class BatchCommandParameters
{
    public static NpgsqlBatchCommand With(this NpgsqlBatchCommand command, List<long> values) => command.WithArray(values, NpgsqlDbType.Bigint);

    public static NpgsqlBatchCommand With(this NpgsqlBatchCommand command, List<long?> values) => command.WithArray(values, NpgsqlDbType.Bigint);

    public static NpgsqlBatchCommand With(this NpgsqlBatchCommand command, List<int> values) => command.WithArray(values, NpgsqlDbType.Integer);

    public static NpgsqlBatchCommand With(this NpgsqlBatchCommand command, List<short> values) => command.WithArray(values, NpgsqlDbType.Smallint);

    /// <param name="command">Gets the parameter.</param>
    /// <param name="values">May hold nulls.</param>
    public static NpgsqlBatchCommand With(this NpgsqlBatchCommand command, List<string?> values) => command.WithArray(values, NpgsqlDbType.Text);

    public static NpgsqlBatchCommand With(this NpgsqlBatchCommand command, List<Guid> values) => command.WithArray(values, NpgsqlDbType.Uuid);

    public static NpgsqlBatchCommand With(this NpgsqlBatchCommand command, List<byte[]?> values) => command.WithArray(values, NpgsqlDbType.Bytea);

    private static NpgsqlBatchCommand WithArray<T>(this NpgsqlBatchCommand command, List<T> values, NpgsqlDbType type)
    {
        command.Parameters.Add(new NpgsqlParameter<List<T>> { TypedValue = values, NpgsqlDbType = NpgsqlDbType.Array | type });
        return command;
    }
}
