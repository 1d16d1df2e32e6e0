using Npgsql;

namespace Starling.Storage.PostgreSql.Writing;

/// <summary>The writes of one kind within a transaction, as few statements over arrays.</summary>
internal interface IStatements
{
    /// <summary>Statements with a lower order come first.</summary>
    int Order { get; }

    void AddTo(NpgsqlBatch batch);

    /// <summary>Reads the result sets of its statements, of those that have any, and advances to the next one after each.</summary>
    Task ReadAsync(NpgsqlDataReader reader);
}
