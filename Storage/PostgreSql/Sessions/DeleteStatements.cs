using Npgsql;
using Starling.Broker.Contracts;
using Starling.Storage.PostgreSql.Writing;

namespace Starling.Storage.PostgreSql.Sessions;

internal sealed class DeleteWrite(SessionKey session, long epoch) : Write<bool>(session, Stage.Delete)
{
    private readonly SessionKey _session = session;
    private DeleteStatements? _statements;

    protected override bool Result => !_statements!.Stays(_session);

    public override void AddTo(WriteBatch batch)
    {
        _statements = batch.Statements(static batch => new DeleteStatements(batch));
        _statements.Add(_session, epoch);
    }
}

/// <summary>Sessions end. Their inboxes, which may be large, are noted down here and emptied by and by (<see cref="Inboxes.DiscardedInboxes"/>).</summary>
internal sealed class DeleteStatements(WriteBatch batch) : IStatements
{
    private readonly List<string?> _tenants = [];
    private readonly List<Guid> _digests = [];
    private readonly List<long> _epochs = [];
    private readonly HashSet<(string Tenant, Guid Digest)> _staying = [];

    public int Order => 90;

    public void Add(SessionKey session, long epoch)
    {
        var digest = KeyDigest.Of(session.ClientId);
        SessionOrder.Add(batch, session, digest);
        _tenants.Add(session.Tenant);
        _digests.Add(digest);
        _epochs.Add(epoch);
    }

    /// <summary>Whether it has another epoch.</summary>
    public bool Stays(SessionKey session) => _staying.Count > 0 && _staying.Contains((session.Tenant, KeyDigest.Of(session.ClientId)));

    public void AddTo(NpgsqlBatch commands)
    {
        commands.BatchCommands.Add(new NpgsqlBatchCommand(
            """
            with gone as materialized (
                delete from sessions s using unnest($1, $2, $3) as d(tenant, digest, epoch)
                where s.tenant = d.tenant and s.client_digest = d.digest and s.epoch = d.epoch
                returning s.id),
            subscribed as (delete from subscriptions u using gone where u.session = gone.id),
            unreleased as (delete from received r using gone where r.session = gone.id),
            repeatable as (delete from delivered d using gone where d.publisher = gone.id),
            repeated as (delete from delivered d using gone where d.place = gone.id)
            insert into discarded (session) select id from gone
            where exists (select 1 from inbox i where i.session = gone.id)
            """).With(_tenants).With(_digests).With(_epochs));
        commands.BatchCommands.Add(new NpgsqlBatchCommand(
            """
            select s.tenant, s.client_digest
            from unnest($1, $2) as d(tenant, digest) join sessions s on s.tenant = d.tenant and s.client_digest = d.digest
            """).With(_tenants).With(_digests));
    }

    public async Task ReadAsync(NpgsqlDataReader reader)
    {
        while (await reader.ReadAsync().ConfigureAwait(false))
            _staying.Add((reader.GetString(0), reader.GetGuid(1)));
        await reader.NextResultAsync().ConfigureAwait(false);
    }
}
