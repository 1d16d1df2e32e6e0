using Npgsql;
using Starling.Broker.Contracts;
using Starling.Broker.Messages;
using Starling.Storage.PostgreSql.Sessions;
using Starling.Storage.PostgreSql.Writing;

namespace Starling.Storage.PostgreSql.Inboxes;

internal sealed class AppendWrite(SessionFencingToken session, IReadOnlyList<InboxEntry> entries, long reserve, long bytes)
    : OwnerWrite<IReadOnlyList<long>>(session, Stage.Entries)
{
    private AppendStatements? _statements;

    public override long Bytes => bytes;

    protected override IReadOnlyList<long> Result => _statements!.NotTaken(Hold.Id, entries);

    public override void AddTo(WriteBatch batch)
    {
        base.AddTo(batch);
        _statements = batch.Statements(static batch => new AppendStatements(batch));
        foreach (var entry in entries)
            _statements.Add(Hold, entry);
        if (reserve > 0)
            batch.Statements(static batch => new ReserveStatements(batch)).Add(Hold, reserve);
    }
}

/// <summary>
/// New entries. A message of several inboxes goes into <c>messages</c>; one that may be repeated (QoS 2, from a durable session) is first
/// noted in <c>delivered</c> (<see cref="RepeatableEntries"/>), and is left out when it stands there with another number, or comes of a
/// connection of its publisher that is not the newest.
/// </summary>
/// <remarks>
/// How a QoS 2 message gets into each inbox once, whenever the broker dies.
///
/// 1. PUBLISH with packet identifier P of publisher S: it is added to every inbox it is for; each addition notes (inbox, S, P) in the same
///    transaction.
/// 2. When all are committed, (S, P) is noted in <c>received</c>, then PUBREC is sent.
/// 3. PUBREL: one transaction removes (S, P) from <c>received</c> and all of (inbox, S, P), then PUBCOMP is sent.
///
/// The broker dies before 1 is through: S has no PUBREC and sends P again; the inboxes that have it find their note and leave it out, the
/// others take it. Between 1 and 2: the same, all leave it out. Between 2 and 3: S has PUBREC or sends PUBLISH again, which is known from
/// <c>received</c> and is only answered. After 3: S sends PUBREL again, for which there is nothing to do. S may use P for another message
/// only after PUBCOMP ([MQTT-2.2.1-3]), and then the notes are gone. S with a new session has another number there: a new message.
///
/// Between the processes of a cluster a copy of a message may be under way for long, and come after 3, when nothing is noted any more:
/// P may even be another message by then. No copy does harm, because of two rules.
/// - Within a connection a QoS 2 message goes to each inbox once. When it is in doubt what became of it, nobody but its publisher sends it
///   again, by its next connection: the one that brought it is closed (<c>PublishBatch.SetInDoubt</c>). So 3 is reached in a connection only
///   when no copy of that connection's is under way.
/// - What an older connection brought is not taken once a newer one is written in <c>sessions.connection_epoch</c>, which it is before its
///   client is told. Its client repeats what was not answered. What is taken before that is noted, and the repeat finds it.
///
/// A transaction that is sent a second time, since its answer was lost, finds its own notes, with the same numbers: those are no repeats.
/// For that to hold, numbers must not come again while a note has them: they go on above those in <c>delivered</c> too.
///
/// Towards the subscriber the packet identifier follows from the entry's number, and PUBREL waits until PUBREC is written
/// (<c>released</c>): after a crash the client gets PUBLISH with the same identifier, or PUBREL, and knows it.
/// </remarks>
internal sealed class AppendStatements(WriteBatch writes) : IStatements
{
    private readonly SessionLocks _locks = SessionLocks.Of(writes);
    private readonly List<(SessionFencingToken Session, InboxEntry Entry)> _entries = [];
    private readonly HashSet<(long Session, long Number)> _notTaken = [];
    private MovedEntries? _moved;
    private bool _hasRepeatable;

    public int Order => 60;

    public void Add(SessionFencingToken session, InboxEntry entry)
    {
        _entries.Add((session, entry));
        // Who leaves it must still be its owner.
        if (entry.Delivery.From is { } from)
            _locks.Add(from.Session, from.Epoch);
    }

    public IReadOnlyList<long> NotTaken(long session, IReadOnlyList<InboxEntry> entries) =>
        _notTaken.Count == 0 ? [] : [.. entries.Where(entry => _notTaken.Contains((session, entry.Number))).Select(entry => entry.Number)];

    public void AddTo(NpgsqlBatch batch)
    {
        var stored = StoreShared(batch);
        var (plain, repeatable) = (new InboxColumns(_entries.Count), new RepeatableEntries());
        foreach (var (session, entry) in _entries)
        {
            long? id = stored.TryGetValue(entry.Delivery.Message, out var found) ? found : null;
            if (entry.Delivery.From is { } from)
                (_moved ??= new MovedEntries()).Add(from, session.Id, entry, id);
            else if (entry.Delivery.Message.RepeatableIdentifier == 0)
                plain.Add(session.Id, entry, id);
            else
                repeatable.Add(session, entry, id);
        }

        _hasRepeatable = repeatable.Count > 0;
        if (_hasRepeatable)
            repeatable.AddTo(batch, _locks, writes.IsShared);
        if (plain.Count > 0)
        {
            batch.BatchCommands.Add(plain.AddTo(new NpgsqlBatchCommand(
                """
                insert into inbox (session, number, message, body, size, flags, extra)
                select * from unnest($1, $2, $3, $4, $5, $6, $7) as added(session, number, message, body, size, flags, extra)
                where added.session in (
                    select s.id from unnest($8, $9) as held(id, epoch) join sessions s on s.id = held.id and s.epoch = held.epoch)
                on conflict do nothing
                """)).With(_locks.Sessions).With(_locks.Epochs));
        }

        _moved?.AddTo(batch, _locks);
    }

    public async Task ReadAsync(NpgsqlDataReader reader)
    {
        if (_hasRepeatable)
        {
            while (await reader.ReadAsync().ConfigureAwait(false))
                _notTaken.Add((reader.GetInt64(0), reader.GetInt64(1)));
            await reader.NextResultAsync().ConfigureAwait(false);
        }

        if (_moved is not null)
            await MovedEntries.ReadAsync(reader, writes.Shared, _notTaken).ConfigureAwait(false);
    }

    private Dictionary<Message, long> StoreShared(NpgsqlBatch batch)
    {
        var stored = new Dictionary<Message, long>(ReferenceEqualityComparer.Instance);
        if (_locks.Sessions.Count < 2)
            return stored;
        var seen = new HashSet<Message>(_entries.Count, ReferenceEqualityComparer.Instance);
        var (ids, bodies) = (new List<long>(), new List<byte[]?>());
        foreach (var (_, entry) in _entries)
        {
            var message = entry.Delivery.Message;
            if (seen.Add(message) || stored.ContainsKey(message))
                continue;
            var id = writes.Shared.NextId();
            stored.Add(message, id);
            ids.Add(id);
            bodies.Add(MessageFrame.Encode(message));
        }

        if (ids.Count > 0)
        {
            batch.BatchCommands.Add(new NpgsqlBatchCommand(
                "insert into messages (id, body) select * from unnest($1, $2)").With(ids).With(bodies));
            // Should none of the entries be taken, nothing refers to them.
            if (_entries.Exists(entry => entry.Entry.Delivery.Message.RepeatableIdentifier != 0 || entry.Entry.Delivery.From is not null))
                ids.ForEach(writes.Shared.Unreferenced);
        }

        return stored;
    }
}
