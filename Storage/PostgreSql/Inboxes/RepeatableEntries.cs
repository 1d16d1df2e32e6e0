using System.Buffers.Binary;
using Npgsql;
using Starling.Broker.Contracts;
using Starling.Broker.Messages;
using Starling.Storage.PostgreSql.Sessions;
using Starling.Storage.PostgreSql.Writing;

namespace Starling.Storage.PostgreSql.Inboxes;

/// <summary>
/// New entries whose publishers may repeat them. Each is noted in <c>delivered</c> unless something stands there already, and goes into
/// the inbox if it is what stands there. The place is the inbox's; that of a message of a shared subscription, whose repeat may go to
/// another member, is the group's.
/// </summary>
internal sealed class RepeatableEntries
{
    private readonly InboxColumns _entries = new(0);
    private readonly List<long> _sessions = [];
    private readonly List<long> _numbers = [];
    private readonly List<long> _places = [];
    private readonly List<long> _publishers = [];
    private readonly List<long> _connections = [];
    private readonly List<int> _packetIdentifiers = [];
    private readonly Dictionary<(string Tenant, SharedGroupKey Group), long> _groups = [];

    public int Count => _entries.Count;

    public void Add(SessionFencingToken session, InboxEntry entry, long? message)
    {
        _entries.Add(session.Id, entry, message);
        _sessions.Add(session.Id);
        _numbers.Add(entry.Number);
        _publishers.Add(entry.Delivery.Message.Publisher!.SessionId);
        _connections.Add(entry.Delivery.Message.Publisher.Epoch);
        _packetIdentifiers.Add(entry.Delivery.Message.RepeatableIdentifier);
        _places.Add(entry.Delivery.Group is { } group ? PlaceOf(session.Key.Tenant, group) : session.Id);
    }

    /// <summary>
    /// Three statements, or four where other processes may bring copies that are late (<see cref="AppendStatements"/>). The last but one
    /// returns session and number of those that are left out.
    /// </summary>
    /// <param name="batch">Of the transaction.</param>
    /// <param name="locks">Whose writes are carried out.</param>
    /// <param name="isShared">Whether there are other processes.</param>
    public void AddTo(NpgsqlBatch batch, SessionLocks locks, bool isShared)
    {
        batch.BatchCommands.Add(new NpgsqlBatchCommand(
            """
            insert into delivered (place, publisher, packet_identifier, session, number)
            select * from unnest($1, $2, $3, $4, $5) as added(place, publisher, packet_identifier, session, number)
            where added.session in (
                select s.id from unnest($6, $7) as held(id, epoch) join sessions s on s.id = held.id and s.epoch = held.epoch)
            order by added.place, added.publisher, added.packet_identifier
            on conflict do nothing
            """)
            .With(_places).With(_publishers).With(_packetIdentifiers).With(_sessions).With(_numbers).With(locks.Sessions).With(locks.Epochs));
        if (isShared)
            ForgetLate(batch);
        batch.BatchCommands.Add(new NpgsqlBatchCommand(
            """
            select added.session, added.number
            from unnest($1, $2, $3, $4, $5) as added(place, publisher, packet_identifier, session, number)
            left join delivered d on d.place = added.place and d.publisher = added.publisher
                and d.packet_identifier = added.packet_identifier
            where (d.session, d.number) is distinct from (added.session, added.number)
            """).With(_places).With(_publishers).With(_packetIdentifiers).With(_sessions).With(_numbers));
        batch.BatchCommands.Add(_entries.AddTo(new NpgsqlBatchCommand(
            """
            insert into inbox (session, number, message, body, size, flags, extra)
            select added.session, added.number, added.message, added.body, added.size, added.flags, added.extra
            from unnest($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
                as added(session, number, message, body, size, flags, extra, place, publisher, packet_identifier)
            join delivered d on d.place = added.place and d.publisher = added.publisher
                and d.packet_identifier = added.packet_identifier and d.session = added.session and d.number = added.number
            where added.session in (
                select s.id from unnest($11, $12) as held(id, epoch) join sessions s on s.id = held.id and s.epoch = held.epoch)
            on conflict do nothing
            """)).With(_places).With(_publishers).With(_packetIdentifiers).With(locks.Sessions).With(locks.Epochs));
    }

    /// <summary>
    /// Takes back what this transaction has noted of connections that are not their publishers' newest. It looks at the sessions behind the
    /// noting, in a statement of its own: had the message been noted and released before that, the connection that released it is seen. What
    /// stands there since the transaction was first sent, and its answer lost, was taken then.
    /// </summary>
    private void ForgetLate(NpgsqlBatch batch) => batch.BatchCommands.Add(new NpgsqlBatchCommand(
        """
        delete from delivered d
        using unnest($1, $2, $3, $4, $5, $6) as added(place, publisher, packet_identifier, session, number, connection)
        join sessions p on p.id = added.publisher and p.connection_epoch > added.connection
        where d.place = added.place and d.publisher = added.publisher and d.packet_identifier = added.packet_identifier
            and d.session = added.session and d.number = added.number and d.xmin = pg_current_xact_id()::xid
        """).With(_places).With(_publishers).With(_packetIdentifiers).With(_sessions).With(_numbers).With(_connections));

    /// <summary>Below 0, where no session is.</summary>
    private long PlaceOf(string tenant, SharedGroupKey group)
    {
        if (_groups.TryGetValue((tenant, group), out var known))
            return known;
        // Neither a tenant nor a share name has a slash in it.
        Span<byte> digest = stackalloc byte[16];
        KeyDigest.Of($"{tenant}/{group.ShareName}/{group.Filter}").TryWriteBytes(digest, bigEndian: true, out _);
        return _groups[(tenant, group)] = BinaryPrimitives.ReadInt64BigEndian(digest) | long.MinValue;
    }
}
