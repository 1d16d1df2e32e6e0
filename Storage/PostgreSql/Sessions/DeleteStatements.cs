using Npgsql;
using Starling.Broker.Sessions;
using Starling.Storage.PostgreSql.Writing;

namespace Starling.Storage.PostgreSql.Sessions;

internal sealed class DeleteWrite(SessionKey session, long epoch) : Write<bool>(session, Stage.Delete)
{
    private readonly SessionKey _session = session;

    protected override bool Result => true;

    public override void AddTo(WriteBatch batch) => batch.Statements(static _ => new DeleteStatements()).Add(_session, epoch);
}

/// <summary>Sessions end. Their inboxes, which may be large, are noted down here and emptied by and by (<see cref="Inboxes.DiscardedInboxes"/>).</summary>
internal sealed class DeleteStatements : IStatements
{
    private readonly List<string?> _tenants = [];
    private readonly List<Guid> _digests = [];
    private readonly List<long> _epochs = [];

    public int Order => 90;

    public void Add(SessionKey session, long epoch)
    {
        _tenants.Add(session.Tenant);
        _digests.Add(KeyDigest.Of(session.ClientId));
        _epochs.Add(epoch);
    }

    public void AddTo(NpgsqlBatch batch) => batch.BatchCommands.Add(new NpgsqlBatchCommand(
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

    public Task ReadAsync(NpgsqlDataReader reader) => Task.CompletedTask;
}
