using Npgsql;
using Starling.Broker.Contracts;

namespace Starling.Storage.PostgreSql.Writing;

/// <summary>
/// Writes that are carried out in one transaction. Within it they are sorted by <see cref="Stage"/>, so that each kind is a statement or
/// two; a write that would have to come before an earlier one of its session is left to the next transaction.
/// </summary>
/// <param name="shared">Messages that lie in several inboxes.</param>
/// <param name="isShared">Whether other processes write to the same database.</param>
internal sealed class WriteBatch(SharedMessages shared, bool isShared)
{
    private readonly List<Write> _writes = [];
    private readonly Dictionary<SessionKey, (Stage Stage, long? Epoch)> _sessions = [];
    private readonly Dictionary<Type, IStatements> _statements = [];

    /// <summary>Messages that lie in several inboxes.</summary>
    public SharedMessages Shared => shared;

    public bool IsShared => isShared;

    public IReadOnlyList<Write> Writes => _writes;

    public long Bytes { get; private set; }

    /// <returns>False when the write has to wait for the next transaction.</returns>
    public bool TryAdd(Write write)
    {
        if (write.Session is { } session)
        {
            if (_sessions.TryGetValue(session, out var before) && !MayFollow(before, write))
                return false;
            _sessions[session] = (write.Stage, write.Epoch ?? before.Epoch);
        }

        _writes.Add(write);
        Bytes += write.Bytes;
        return true;
    }

    /// <summary>The statements of one kind, made when they are needed.</summary>
    public T Statements<T>(Func<WriteBatch, T> create) where T : IStatements
    {
        if (_statements.TryGetValue(typeof(T), out var present))
            return (T)present;
        var made = create(this);
        _statements.Add(typeof(T), made);
        return made;
    }

    public async Task ExecuteAsync(NpgsqlConnection connection, CancellationToken cancellation)
    {
        try
        {
            await ExecuteNowAsync(connection, cancellation).ConfigureAwait(false);
        }
        catch
        {
            shared.Failed(this);
            throw;
        }
    }

    /// <summary>One round trip; one transaction, since nothing but its end synchronizes.</summary>
    private async Task ExecuteNowAsync(NpgsqlConnection connection, CancellationToken cancellation)
    {
        _statements.Clear();
        shared.AddTo(this);
        foreach (var write in _writes)
            write.AddTo(this);
        var ordered = _statements.Values.OrderBy(statements => statements.Order).ToArray();
        await using var batch = new NpgsqlBatch(connection);
        foreach (var statements in ordered)
            statements.AddTo(batch);
        await using var reader = await batch.ExecuteReaderAsync(cancellation).ConfigureAwait(false);
        foreach (var statements in ordered)
            await statements.ReadAsync(reader).ConfigureAwait(false);
        while (await reader.NextResultAsync(cancellation).ConfigureAwait(false))
        {
        }
    }

    /// <summary>Splits it in two, for the search for the write that the database can't take.</summary>
    public (WriteBatch First, WriteBatch Second) Split()
    {
        var (first, second) = (new WriteBatch(shared, isShared), new WriteBatch(shared, isShared));
        for (var i = 0; i < _writes.Count; i++)
            (i < _writes.Count / 2 ? first : second).TryAdd(_writes[i]);
        return (first, second);
    }

    private static bool MayFollow((Stage Stage, long? Epoch) before, Write write) =>
        write.Stage == Stage.Entries
            ? before.Stage <= Stage.Entries && (before.Epoch is null || write.Epoch == before.Epoch)
            : before.Stage < write.Stage;
}
