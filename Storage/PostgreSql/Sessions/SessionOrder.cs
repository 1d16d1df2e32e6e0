using Npgsql;
using Starling.Broker.Contracts;
using Starling.Storage.PostgreSql.Writing;

namespace Starling.Storage.PostgreSql.Sessions;

/// <summary>
/// Locks every session of a transaction that takes, saves or removes one, before anything else and in the order of their ids, which is
/// also the order of <see cref="SessionLocks"/>: so processes that write to the same sessions wait for each other one way round only.
/// Rows that come into being are not there to be locked; they are inserted in an order too.
/// </summary>
internal sealed class SessionOrder(WriteBatch writes) : IStatements
{
    private readonly List<string?> _tenants = [];
    private readonly List<Guid> _digests = [];

    public int Order => 5;

    /// <summary>Does nothing where one process alone writes.</summary>
    public static void Add(WriteBatch batch, SessionKey session, Guid digest)
    {
        if (!batch.IsShared)
            return;
        var order = batch.Statements(static batch => new SessionOrder(batch));
        order._tenants.Add(session.Tenant);
        order._digests.Add(digest);
    }

    /// <summary>A session that is in <see cref="SessionLocks"/> already is to be changed.</summary>
    public static void Add(WriteBatch batch) => batch.Statements(static batch => new SessionOrder(batch));

    public void AddTo(NpgsqlBatch batch) => batch.BatchCommands.Add(new NpgsqlBatchCommand(
        """
        select s.id from sessions s
        where s.id in (
            select unnest($3) union
            select k.id from unnest($1, $2) as named(tenant, digest)
            join sessions k on k.tenant = named.tenant and k.client_digest = named.digest)
        order by s.id for update of s
        """).With(_tenants).With(_digests).With(SessionLocks.Of(writes).Sessions));

    public async Task ReadAsync(NpgsqlDataReader reader) => await reader.NextResultAsync().ConfigureAwait(false);
}
