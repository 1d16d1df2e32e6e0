using Npgsql;
using Starling.Broker.Contracts;
using Starling.Storage.PostgreSql.Writing;

namespace Starling.Storage.PostgreSql.Sessions;

/// <summary>
/// Holds the sessions that a transaction writes to, those of which the writer is still the owner: nobody can take one over before the
/// transaction has ended. The statements that follow leave out the others, whose writes are refused.
/// </summary>
internal sealed class SessionLocks : IStatements
{
    private readonly HashSet<(long Id, long Epoch)> _named = [];
    private readonly HashSet<(long Id, long Epoch)> _held = [];

    public int Order => 30;

    /// <summary>The sessions, and their epochs as the writer knows them.</summary>
    public List<long> Sessions { get; } = [];

    public List<long> Epochs { get; } = [];

    public static SessionLocks Of(WriteBatch batch) => batch.Statements(static _ => new SessionLocks());

    public void Add(long id, long epoch)
    {
        if (!_named.Add((id, epoch)))
            return;
        Sessions.Add(id);
        Epochs.Add(epoch);
    }

    /// <returns>Null when the session is the writer's.</returns>
    public StaleEpochException? Refusal(SessionFencingToken session) =>
        _held.Contains((session.Id, session.Epoch)) ? null : new StaleEpochException(session.Key, session.Epoch);

    public void AddTo(NpgsqlBatch batch) => batch.BatchCommands.Add(new NpgsqlBatchCommand(
        """
        select s.id, s.epoch
        from unnest($1, $2) as held(id, epoch)
        join sessions s on s.id = held.id and s.epoch = held.epoch
        order by s.id for share of s
        """).With(Sessions).With(Epochs));

    public async Task ReadAsync(NpgsqlDataReader reader)
    {
        while (await reader.ReadAsync().ConfigureAwait(false))
            _held.Add((reader.GetInt64(0), reader.GetInt64(1)));
        await reader.NextResultAsync().ConfigureAwait(false);
    }
}
