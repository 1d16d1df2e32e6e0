using Npgsql;
using Starling.Broker.Contracts;
using Starling.Storage.PostgreSql.Writing;

namespace Starling.Storage.PostgreSql.Sessions;

internal sealed class ReceivedWrite(SessionFencingToken session, IReadOnlyList<ushort> received, IReadOnlyList<ushort> released)
    : OwnerWrite<bool>(session, Stage.Entries)
{
    protected override bool Result => true;

    public override long Bytes => base.Bytes + (2L * (received.Count + released.Count));

    public override void AddTo(WriteBatch batch)
    {
        base.AddTo(batch);
        batch.Statements(static batch => new ReceivedStatements(SessionLocks.Of(batch))).Add(Hold.Id, received, released);
    }
}

/// <summary>
/// QoS 2 messages from clients: those that came in, and those that are finished, which also ends the time in which inboxes look out for
/// their repeats. Of changes to one packet identifier the last one counts, except for that end.
/// </summary>
internal sealed class ReceivedStatements(SessionLocks locks) : IStatements
{
    private readonly Dictionary<(long Session, ushort PacketIdentifier), bool> _changes = [];
    private readonly HashSet<(long Session, ushort PacketIdentifier)> _released = [];

    // Repeats are forgotten before new messages with the same identifier come in.
    public int Order => 50;

    public void Add(long session, IReadOnlyList<ushort> received, IReadOnlyList<ushort> released)
    {
        foreach (var identifier in received)
            _changes[(session, identifier)] = true;
        foreach (var identifier in released)
        {
            _changes[(session, identifier)] = false;
            _released.Add((session, identifier));
        }
    }

    public void AddTo(NpgsqlBatch batch)
    {
        var (receivedBy, received) = Columns(_changes.Where(change => change.Value).Select(change => change.Key));
        if (received.Count > 0)
        {
            batch.BatchCommands.Add(new NpgsqlBatchCommand(
                """
                insert into received (session, packet_identifier)
                select * from unnest($1, $2) as added(session, packet_identifier)
                where added.session in (
                    select s.id from unnest($3, $4) as held(id, epoch) join sessions s on s.id = held.id and s.epoch = held.epoch)
                on conflict do nothing
                """).With(receivedBy).With(received).With(locks.Sessions).With(locks.Epochs));
        }

        var (finishedBy, finished) = Columns(_changes.Where(change => !change.Value).Select(change => change.Key));
        if (finished.Count > 0)
        {
            batch.BatchCommands.Add(new NpgsqlBatchCommand(
                """
                delete from received r using unnest($1, $2) as gone(session, packet_identifier)
                where r.session = gone.session and r.packet_identifier = gone.packet_identifier and gone.session in (
                    select s.id from unnest($3, $4) as held(id, epoch) join sessions s on s.id = held.id and s.epoch = held.epoch)
                """).With(finishedBy).With(finished).With(locks.Sessions).With(locks.Epochs));
        }

        var (releasedBy, released) = Columns(_released);
        if (released.Count > 0)
        {
            batch.BatchCommands.Add(new NpgsqlBatchCommand(
                """
                delete from delivered d using unnest($1, $2) as gone(session, packet_identifier)
                where d.publisher = gone.session and d.packet_identifier = gone.packet_identifier and gone.session in (
                    select s.id from unnest($3, $4) as held(id, epoch) join sessions s on s.id = held.id and s.epoch = held.epoch)
                """).With(releasedBy).With(released).With(locks.Sessions).With(locks.Epochs));
        }
    }

    public Task ReadAsync(NpgsqlDataReader reader) => Task.CompletedTask;

    private static (List<long> Sessions, List<int> PacketIdentifiers) Columns(IEnumerable<(long Session, ushort PacketIdentifier)> keys)
    {
        var (sessions, identifiers) = (new List<long>(), new List<int>());
        foreach (var (session, identifier) in keys)
        {
            sessions.Add(session);
            identifiers.Add(identifier);
        }

        return (sessions, identifiers);
    }
}
