using Npgsql;
using Starling.Broker.Messages;
using Starling.Storage.PostgreSql.Sessions;
using Starling.Storage.PostgreSql.Writing;

namespace Starling.Storage.PostgreSql.Inboxes;

/// <summary>Entries that members of shared subscriptions have left to others: they go from there as they come here, or a crash between could bring them twice.</summary>
internal sealed class MovedEntries
{
    private readonly List<long> _from = [];
    private readonly List<long> _numbers = [];
    private readonly List<long> _to = [];

    public int Count => _from.Count;

    public void Add(InboxPlace from, long to)
    {
        _from.Add(from.Session);
        _numbers.Add(from.Number);
        _to.Add(to);
    }

    /// <summary>One statement, which returns messages that may not be referred to any more.</summary>
    public void AddTo(NpgsqlBatch batch, SessionLocks locks) => batch.BatchCommands.Add(new NpgsqlBatchCommand(
        """
        with gone as (
            delete from inbox i using unnest($1, $2, $3) as moved(session, number, taker)
            where i.session = moved.session and i.number = moved.number and moved.taker in (
                select s.id from unnest($4, $5) as held(id, epoch) join sessions s on s.id = held.id and s.epoch = held.epoch)
            returning i.message)
        select distinct message from gone where message is not null
        """).With(_from).With(_numbers).With(_to).With(locks.Sessions).With(locks.Epochs));
}
