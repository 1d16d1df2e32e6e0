using Npgsql;
using Starling.Broker.Contracts;
using Starling.Broker.Messages;
using Starling.Storage.PostgreSql.Sessions;
using Starling.Storage.PostgreSql.Writing;

namespace Starling.Storage.PostgreSql.Inboxes;

/// <summary>
/// Entries that members of shared subscriptions have left to others: they go from there as they come here, or a crash between could bring
/// them twice.
/// </summary>
/// <remarks>
/// The message may be offered a second time, since an answer was lost, perhaps to another member, and the member that left it may have
/// another owner, who has sent it to its client. So an entry is taken only if the giver's owner is who has left it, which is held
/// in <see cref="SessionLocks"/>, and if the giver still has it, which is locked: of two takers one finds it gone,
/// and in one transaction one is chosen.
/// </remarks>
internal sealed class MovedEntries
{
    private readonly InboxColumns _entries = new(0);
    private readonly List<long> _from = [];
    private readonly List<long> _numbers = [];
    private readonly List<long> _epochs = [];
    private readonly List<long> _to = [];
    private readonly List<long> _toNumbers = [];

    public void Add(InboxPlace from, long to, InboxEntry entry, long? message)
    {
        _entries.Add(to, entry, message);
        _from.Add(from.Session);
        _numbers.Add(from.Number);
        _epochs.Add(from.Epoch);
        _to.Add(to);
        _toNumbers.Add(entry.Number);
    }

    public void AddTo(NpgsqlBatch batch, SessionLocks locks)
    {
        batch.BatchCommands.Add(new NpgsqlBatchCommand(
            """
            select i.number from unnest($1, $2) as moved(session, number)
            join inbox i on i.session = moved.session and i.number = moved.number
            order by i.session, i.number for update of i
            """).With(_from).With(_numbers));
        batch.BatchCommands.Add(_entries.AddTo(new NpgsqlBatchCommand(
            """
            insert into inbox (session, number, message, body, size, flags, extra)
            select distinct on (added.giver, added.giver_number)
                added.session, added.number, added.message, added.body, added.size, added.flags, added.extra
            from unnest($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
                as added(session, number, message, body, size, flags, extra, giver, giver_number, giver_epoch)
            join inbox i on i.session = added.giver and i.number = added.giver_number
            join sessions g on g.id = added.giver and g.epoch = added.giver_epoch
            where added.session in (
                select s.id from unnest($11, $12) as held(id, epoch) join sessions s on s.id = held.id and s.epoch = held.epoch)
            order by added.giver, added.giver_number, added.session
            on conflict do nothing
            """)).With(_from).With(_numbers).With(_epochs).With(locks.Sessions).With(locks.Epochs));
        batch.BatchCommands.Add(new NpgsqlBatchCommand(
            """
            with gone as (
                delete from inbox i using unnest($1, $2, $3, $4) as moved(session, number, epoch, taker), sessions g
                where i.session = moved.session and i.number = moved.number and g.id = moved.session and g.epoch = moved.epoch
                and moved.taker in (
                    select s.id from unnest($5, $6) as held(id, epoch) join sessions s on s.id = held.id and s.epoch = held.epoch)
                returning i.message)
            select distinct message from gone where message is not null
            """).With(_from).With(_numbers).With(_epochs).With(_to).With(locks.Sessions).With(locks.Epochs));
        batch.BatchCommands.Add(new NpgsqlBatchCommand(
            """
            select taker.session, taker.number from unnest($1, $2) as taker(session, number)
            where not exists (select 1 from inbox i where i.session = taker.session and i.number = taker.number)
            """).With(_to).With(_toNumbers));
    }

    /// <param name="reader">At the first of its results; then behind the last.</param>
    /// <param name="shared">Gets messages that may not be referred to any more.</param>
    /// <param name="notTaken">Gets session and number of entries that were left out.</param>
    public static async Task ReadAsync(NpgsqlDataReader reader, SharedMessages shared, HashSet<(long Session, long Number)> notTaken)
    {
        await reader.NextResultAsync().ConfigureAwait(false);
        while (await reader.ReadAsync().ConfigureAwait(false))
            shared.Unreferenced(reader.GetInt64(0));
        await reader.NextResultAsync().ConfigureAwait(false);
        while (await reader.ReadAsync().ConfigureAwait(false))
            notTaken.Add((reader.GetInt64(0), reader.GetInt64(1)));
        await reader.NextResultAsync().ConfigureAwait(false);
    }
}
