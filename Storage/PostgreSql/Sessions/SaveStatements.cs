using Npgsql;
using Starling.Broker.Sessions;
using Starling.Storage.PostgreSql.Writing;

namespace Starling.Storage.PostgreSql.Sessions;

/// <summary>A session begins, or what is not a list of it changes; refused when it has another epoch than its owner knows.</summary>
internal sealed class SaveWrite(SessionKey session, long epoch, SessionState state) : Write<SessionHold>(session, Stage.Save)
{
    private readonly SessionKey _session = session;
    private long _id;

    public SessionState State => state;

    protected override SessionHold Result => new(_session, _id, state.Epoch);

    public override void AddTo(WriteBatch batch)
    {
        Refusal = new StaleEpochException(_session, epoch);
        batch.Statements(static _ => new SaveStatements()).Add(_session, epoch, this);
    }

    public void Saved(long id)
    {
        Refusal = null;
        _id = id;
    }
}

/// <inheritdoc cref="SaveWrite"/>
internal sealed class SaveStatements : IStatements
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

    public int Order => 20;

    public void Add(SessionKey session, long epoch, SaveWrite write)
    {
        var digest = KeyDigest.Of(session.ClientId);
        var state = write.State;
        _writes.Add((session.Tenant, digest), write);
        _tenants.Add(session.Tenant);
        _clientIds.Add(session.ClientId);
        _digests.Add(digest);
        _expected.Add(epoch);
        _epochs.Add(state.Epoch);
        _edges.Add(state.EdgeId);
        _expirySeconds.Add(state.ExpirySeconds);
        _expiresAt.Add(state.ExpiresAt);
        _wills.Add(state.Will is { } will ? WillFrame.Encode(will) : null);
        _willAt.Add(state.WillAt);
        _nextNumbers.Add(state.NextNumber);
    }

    // A second attempt finds its own epoch.
    public void AddTo(NpgsqlBatch batch) => batch.BatchCommands.Add(new NpgsqlBatchCommand(
        """
        insert into sessions as s
            (tenant, client_id, client_digest, epoch_before, epoch, edge, expiry_seconds, expires_at, will, will_at, next_number)
        select * from unnest($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
        on conflict (tenant, client_digest) do update set
            epoch_before = excluded.epoch_before, epoch = excluded.epoch, edge = excluded.edge,
            expiry_seconds = excluded.expiry_seconds, expires_at = excluded.expires_at,
            will = excluded.will, will_at = excluded.will_at, next_number = excluded.next_number
        where s.epoch = excluded.epoch_before
            or (s.epoch = excluded.epoch and s.epoch_before = excluded.epoch_before and s.edge is not distinct from excluded.edge)
        returning s.tenant, s.client_digest, s.id
        """)
        .With(_tenants).With(_clientIds).With(_digests).With(_expected).With(_epochs).With(_edges)
        .With(_expirySeconds).With(_expiresAt).With(_wills).With(_willAt).With(_nextNumbers));

    public async Task ReadAsync(NpgsqlDataReader reader)
    {
        while (await reader.ReadAsync().ConfigureAwait(false))
            _writes[(reader.GetString(0), reader.GetGuid(1))].Saved(reader.GetInt64(2));
        await reader.NextResultAsync().ConfigureAwait(false);
    }
}
