using Npgsql;
using Starling.Broker.Contracts;
using Starling.Broker.Sessions;
using Starling.Protocol;
using Starling.Storage.PostgreSql.Writing;

namespace Starling.Storage.PostgreSql.Sessions;

/// <summary>A session is taken over: its epoch goes up, and what it keeps is read in the same transaction.</summary>
internal sealed class TakeWrite(SessionKey session, long epoch) : Write<StoredSession?>(session, Stage.Take)
{
    private readonly SessionKey _session = session;

    public SessionFencingToken? Hold { get; private set; }

    public List<Subscription> Subscriptions { get; } = [];

    public List<ushort> Received { get; } = [];

    public InboxSummary Inbox { get; set; }

    protected override StoredSession? Result => Hold is null || _state is null ? null : new(Hold, _state, Subscriptions, Received, Inbox);

    private SessionState? _state;

    public override void AddTo(WriteBatch batch)
    {
        // From the beginning, should this be another attempt.
        (Hold, _state) = (null, null);
        Subscriptions.Clear();
        Received.Clear();
        batch.Statements(static batch => new TakeStatements(batch)).Add(_session, epoch, this);
    }

    public void Found(long id, SessionState state)
    {
        Hold = new SessionFencingToken(_session, id, state.Epoch);
        _state = state;
        Inbox = new InboxSummary(state.NextNumber, 0, 0);
    }
}

/// <inheritdoc cref="TakeWrite"/>
internal sealed class TakeStatements(WriteBatch batch) : IStatements
{
    private const string Taken =
        "from unnest($1, $2) as taken(tenant, digest) join sessions s on s.tenant = taken.tenant and s.client_digest = taken.digest";

    private readonly Dictionary<(string Tenant, Guid Digest), TakeWrite> _writes = [];
    private readonly Dictionary<long, TakeWrite> _found = [];
    private readonly List<string?> _tenants = [];
    private readonly List<Guid> _digests = [];
    private readonly List<long> _epochs = [];

    public int Order => 10;

    public void Add(SessionKey session, long epoch, TakeWrite write)
    {
        var digest = KeyDigest.Of(session.ClientId);
        SessionOrder.Add(batch, session, digest);
        _writes.Add((session.Tenant, digest), write);
        _tenants.Add(session.Tenant);
        _digests.Add(digest);
        _epochs.Add(epoch);
    }

    public void AddTo(NpgsqlBatch commands)
    {
        commands.BatchCommands.Add(new NpgsqlBatchCommand(
            """
            update sessions s set epoch = greatest(s.epoch + 1, taken.epoch)
            from unnest($1, $2, $3) as taken(tenant, digest, epoch)
            where s.tenant = taken.tenant and s.client_digest = taken.digest
            returning s.tenant, s.client_digest, s.id, s.epoch, s.edge, s.expiry_seconds, s.expires_at, s.will, s.will_at, s.next_number,
                s.connection_epoch, s.connection_attempt, s.connection_receive_maximum, s.connection_flags,
                s.owner
            """).With(_tenants).With(_digests).With(_epochs));
        Add(commands, $"select s.id, u.filter, u.options, u.identifier {Taken} join subscriptions u on u.session = s.id");
        Add(commands, $"select s.id, r.packet_identifier {Taken} join received r on r.session = s.id");
        Add(commands, $"select s.id, count(*)::int, sum(i.size)::bigint, max(i.number) {Taken} join inbox i on i.session = s.id group by s.id");
        Add(commands, $"""
            select s.id, noted.number {Taken} cross join lateral (
                select max(number) as number from (
                    select number from delivered where place = s.id
                    union all
                    select number from delivered where session = s.id and place < 0) as d) as noted
            where noted.number is not null
            """);
    }

    public async Task ReadAsync(NpgsqlDataReader reader)
    {
        while (await reader.ReadAsync().ConfigureAwait(false))
        {
            var write = _writes[(reader.GetString(0), reader.GetGuid(1))];
            var state = new SessionState(
                reader.GetInt64(3),
                reader.IsDBNull(4) ? null : ConnectionFlags.Read(
                    reader.GetString(4), reader.GetInt64(10), reader.GetInt64(11), reader.GetInt32(12), reader.GetInt16(13)),
                (uint)reader.GetInt64(5),
                reader.IsDBNull(6) ? null : reader.GetInt64(6),
                reader.IsDBNull(7) ? null : WillFrame.Decode(reader.GetFieldValue<byte[]>(7)),
                reader.IsDBNull(8) ? null : reader.GetInt64(8),
                reader.GetInt64(9),
                reader.GetInt64(10),
                reader.IsDBNull(14) ? null : reader.GetString(14));
            write.Found(reader.GetInt64(2), state);
            _found[reader.GetInt64(2)] = write;
        }

        await ForEachAsync(reader, write => write.Subscriptions.Add(new Subscription(
            reader.GetString(1),
            SubscriptionOptions.FromByte((byte)reader.GetInt16(2)),
            reader.IsDBNull(3) ? null : (uint)reader.GetInt64(3)))).ConfigureAwait(false);
        await ForEachAsync(reader, write => write.Received.Add((ushort)reader.GetInt32(1))).ConfigureAwait(false);
        await ForEachAsync(reader, write => write.Inbox =
            new InboxSummary(Math.Max(write.Inbox.Next, reader.GetInt64(3) + 1), reader.GetInt32(1), reader.GetInt64(2))).ConfigureAwait(false);
        await ForEachAsync(reader, write => write.Inbox =
            write.Inbox with { Next = Math.Max(write.Inbox.Next, reader.GetInt64(1) + 1) }).ConfigureAwait(false);
        await reader.NextResultAsync().ConfigureAwait(false);
    }

    private void Add(NpgsqlBatch commands, string text) =>
        commands.BatchCommands.Add(new NpgsqlBatchCommand(text).With(_tenants).With(_digests));

    private async Task ForEachAsync(NpgsqlDataReader reader, Action<TakeWrite> take)
    {
        await reader.NextResultAsync().ConfigureAwait(false);
        while (await reader.ReadAsync().ConfigureAwait(false))
        {
            if (_found.TryGetValue(reader.GetInt64(0), out var write))
                take(write);
        }
    }
}
