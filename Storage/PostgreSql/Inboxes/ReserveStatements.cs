using Npgsql;
using Starling.Broker.Contracts;
using Starling.Storage.PostgreSql.Sessions;
using Starling.Storage.PostgreSql.Writing;

namespace Starling.Storage.PostgreSql.Inboxes;

/// <summary>Numbers that count as used, in the transaction that uses the first of them.</summary>
internal sealed class ReserveStatements : IStatements
{
    private readonly List<long> _sessions = [];
    private readonly List<long> _epochs = [];
    private readonly List<long> _next = [];

    public ReserveStatements(WriteBatch batch) => SessionOrder.Add(batch);

    public int Order => 65;

    public void Add(SessionFencingToken session, long next)
    {
        _sessions.Add(session.Id);
        _epochs.Add(session.Epoch);
        _next.Add(next);
    }

    public void AddTo(NpgsqlBatch batch) => batch.BatchCommands.Add(new NpgsqlBatchCommand(
        """
        update sessions s set next_number = r.next
        from (select id, epoch, max(next) as next from unnest($1, $2, $3) as r(id, epoch, next) group by id, epoch) as r
        where s.id = r.id and s.epoch = r.epoch and s.next_number < r.next
        """).With(_sessions).With(_epochs).With(_next));

    public Task ReadAsync(NpgsqlDataReader reader) => Task.CompletedTask;
}
