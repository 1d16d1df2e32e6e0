using Npgsql;
using Starling.Broker.Contracts;
using Starling.Broker.Sessions;
using Starling.Storage.PostgreSql.Writing;

namespace Starling.Storage.PostgreSql.Sessions;

/// <summary>A session begins, or what is not a list of it changes; refused when it has another epoch than its owner knows.</summary>
internal sealed class SaveWrite(SessionKey session, long epoch, SessionState state) : Write<SessionFencingToken>(session, Stage.Save)
{
    private readonly SessionKey _session = session;
    private long _id;

    private readonly byte[]? _will = state.Will is { } will ? WillFrame.Encode(will) : null;

    public SessionState State => state;

    /// <summary>Encoded; null when there is none.</summary>
    public byte[]? Will => _will;

    public override long Bytes => base.Bytes + (_will?.Length ?? 0);

    /// <summary>By which a second attempt knows the first one's row.</summary>
    public long Token { get; } = Random.Shared.NextInt64();

    protected override SessionFencingToken Result => new(_session, _id, state.Epoch);

    public override void AddTo(WriteBatch batch)
    {
        Refusal = new StaleEpochException(_session, epoch);
        batch.Statements(static batch => new SaveStatements(batch)).Add(_session, epoch, this);
    }

    public void Saved(long id)
    {
        Refusal = null;
        _id = id;
    }
}

/// <inheritdoc cref="SaveWrite"/>
internal sealed class SaveStatements(WriteBatch batch) : IStatements
{
    private readonly Dictionary<(string Tenant, Guid Digest), SaveWrite> _writes = [];
    private readonly List<string?> _tenants = [];
    private readonly List<string?> _clientIds = [];
    private readonly List<Guid> _digests = [];
    private readonly List<long> _expected = [];
    private readonly List<long> _epochs = [];
    private readonly List<string?> _edges = [];
    private readonly List<long> _expirySeconds = [];
    private readonly List<long?> _expiresAt = [];
    private readonly List<byte[]?> _wills = [];
    private readonly List<long?> _willAt = [];
    private readonly List<long> _nextNumbers = [];
    private readonly List<long> _tokens = [];
    private readonly List<long> _connections = [];
    private readonly List<long> _attempts = [];
    private readonly List<int> _receiveMaximums = [];
    private readonly List<short> _flags = [];
    private readonly List<string?> _owners = [];

    public int Order => 20;

    public void Add(SessionKey session, long epoch, SaveWrite write)
    {
        var digest = KeyDigest.Of(session.ClientId);
        var state = write.State;
        SessionOrder.Add(batch, session, digest);
        _writes.Add((session.Tenant, digest), write);
        _tenants.Add(session.Tenant);
        _clientIds.Add(session.ClientId);
        _digests.Add(digest);
        _expected.Add(epoch);
        _epochs.Add(state.Epoch);
        _edges.Add(state.Connection?.EdgeId);
        _expirySeconds.Add(state.ExpirySeconds);
        _expiresAt.Add(state.ExpiresAt);
        _wills.Add(write.Will);
        _willAt.Add(state.WillAt);
        _nextNumbers.Add(state.NextNumber);
        _tokens.Add(write.Token);
        _connections.Add(Math.Max(state.ConnectionEpoch, state.Connection?.Epoch ?? 0));
        _attempts.Add(state.Connection?.Attempt ?? 0);
        _receiveMaximums.Add(state.Connection?.ReceiveMaximum ?? 0);
        _flags.Add(ConnectionFlags.Of(state.Connection));
        _owners.Add(state.Owner);
    }

    // A row that is to be there already and is not has been removed by somebody else: it does not come back.
    public void AddTo(NpgsqlBatch commands) => commands.BatchCommands.Add(new NpgsqlBatchCommand(
        """
        insert into sessions as s
            (tenant, client_id, client_digest, epoch_before, epoch, edge, expiry_seconds, expires_at, will, will_at, next_number,
            saved_by, connection_epoch, connection_attempt, connection_receive_maximum, connection_flags, owner)
        select saved.* from unnest($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)
            as saved(tenant, client_id, digest, epoch_before, epoch, edge, expiry_seconds, expires_at, will, will_at, next_number,
            saved_by, connection_epoch, connection_attempt, connection_receive_maximum, connection_flags, owner)
        where saved.epoch_before = 0
            or exists (select 1 from sessions o where o.tenant = saved.tenant and o.client_digest = saved.digest)
        order by saved.tenant, saved.digest
        on conflict (tenant, client_digest) do update set
            epoch_before = excluded.epoch_before, epoch = excluded.epoch, edge = excluded.edge,
            expiry_seconds = excluded.expiry_seconds, expires_at = excluded.expires_at,
            will = excluded.will, will_at = excluded.will_at,
            next_number = case when excluded.edge is null then excluded.next_number else greatest(s.next_number, excluded.next_number) end,
            saved_by = excluded.saved_by, connection_epoch = excluded.connection_epoch, connection_attempt = excluded.connection_attempt,
            connection_receive_maximum = excluded.connection_receive_maximum, connection_flags = excluded.connection_flags,
            owner = excluded.owner
        where s.epoch = excluded.epoch_before or (s.epoch = excluded.epoch and s.saved_by = excluded.saved_by)
        returning s.tenant, s.client_digest, s.id
        """)
        .With(_tenants).With(_clientIds).With(_digests).With(_expected).With(_epochs).With(_edges)
        .With(_expirySeconds).With(_expiresAt).With(_wills).With(_willAt).With(_nextNumbers)
        .With(_tokens).With(_connections).With(_attempts).With(_receiveMaximums).With(_flags).With(_owners));

    public async Task ReadAsync(NpgsqlDataReader reader)
    {
        while (await reader.ReadAsync().ConfigureAwait(false))
            _writes[(reader.GetString(0), reader.GetGuid(1))].Saved(reader.GetInt64(2));
        await reader.NextResultAsync().ConfigureAwait(false);
    }
}
