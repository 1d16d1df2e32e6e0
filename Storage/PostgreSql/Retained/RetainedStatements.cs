using Npgsql;
using Starling.Broker.Messages;
using Starling.Storage.PostgreSql.Writing;

namespace Starling.Storage.PostgreSql.Retained;

/// <summary>Messages that topics retain from now on; one with an empty payload stands for nothing.</summary>
internal sealed class RetainedWrite(IReadOnlyList<RetainedRowChange> changes) : Write<bool>(session: null, Stage.Entries)
{
    public override long Bytes { get; } = changes.Sum(change => 256L + (change.Body?.Length ?? 0));

    protected override bool Result => true;

    public override void AddTo(WriteBatch batch)
    {
        var statements = batch.Statements(static _ => new RetainedStatements());
        foreach (var change in changes)
            statements.Add(change);
    }
}

/// <param name="Tenant">Whose.</param>
/// <param name="Digest">Of the topic.</param>
/// <param name="Topic">Its name.</param>
/// <param name="ExpiresAt">Null when it does not expire.</param>
/// <param name="Size">What it counts for.</param>
/// <param name="Body">The encoded message; null to remove what is there.</param>
internal sealed record RetainedRowChange(string Tenant, Guid Digest, string Topic, long? ExpiresAt, int Size, byte[]? Body)
{
    public static RetainedRowChange Of(string tenant, Message message) => new(
        tenant,
        KeyDigest.Of(message.Topic.Utf8),
        message.Topic.Text,
        message.ExpiresAt == Message.Never ? null : message.ExpiresAt,
        message.Size,
        message.PayloadLength == 0 ? null : MessageFrame.Encode(message));
}

/// <summary>The retained messages of a transaction; of one topic the last counts.</summary>
internal sealed class RetainedStatements : IStatements
{
    private readonly Dictionary<(string Tenant, Guid Digest), RetainedRowChange> _changes = [];

    public int Order => 80;

    public void Add(RetainedRowChange change) => _changes[(change.Tenant, change.Digest)] = change;

    public void AddTo(NpgsqlBatch batch)
    {
        var (tenants, digests, topics) = (new List<string?>(), new List<Guid>(), new List<string?>());
        var (expiries, sizes, bodies) = (new List<long?>(), new List<int>(), new List<byte[]?>());
        var (removedFrom, removed) = (new List<string?>(), new List<Guid>());
        foreach (var change in _changes.Values)
        {
            if (change.Body is null)
            {
                removedFrom.Add(change.Tenant);
                removed.Add(change.Digest);
                continue;
            }

            tenants.Add(change.Tenant);
            digests.Add(change.Digest);
            topics.Add(change.Topic);
            expiries.Add(change.ExpiresAt);
            sizes.Add(change.Size);
            bodies.Add(change.Body);
        }

        if (tenants.Count > 0)
        {
            batch.BatchCommands.Add(new NpgsqlBatchCommand(
                """
                insert into retained (tenant, topic_digest, topic, expires_at, size, body)
                select * from unnest($1, $2, $3, $4, $5, $6)
                on conflict (tenant, topic_digest) do update
                set topic = excluded.topic, expires_at = excluded.expires_at, size = excluded.size, body = excluded.body
                """).With(tenants).With(digests).With(topics).With(expiries).With(sizes).With(bodies));
        }

        if (removed.Count > 0)
        {
            batch.BatchCommands.Add(new NpgsqlBatchCommand(
                """
                delete from retained r using unnest($1, $2) as gone(tenant, digest)
                where r.tenant = gone.tenant and r.topic_digest = gone.digest
                """).With(removedFrom).With(removed));
        }
    }

    public Task ReadAsync(NpgsqlDataReader reader) => Task.CompletedTask;
}
