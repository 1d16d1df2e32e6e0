using Npgsql;
using Starling.Broker.Contracts;
using Starling.Broker.Messages;
using Starling.Storage.PostgreSql.Shards;
using Starling.Storage.PostgreSql.Writing;

namespace Starling.Storage.PostgreSql.Retained;

/// <summary>Messages that topics retain from now on; one with an empty payload stands for nothing.</summary>
internal sealed class RetainedWrite(string tenant, IReadOnlyList<RetainedRowChange> changes, ShardFencingToken? shard) : Write<bool>(session: null, Stage.Entries)
{
    private ShardLocks? _locks;

    public override string Tenant => tenant;

    public override long Bytes { get; } = changes.Sum(change => Overhead + change.Topic.Length + (change.Body?.Length ?? 0));

    protected override bool Result => true;

    public override void AddTo(WriteBatch batch)
    {
        var statements = batch.Statements(static _ => new RetainedStatements());
        foreach (var change in changes)
            statements.Add(change);
        if (shard is null)
            return;
        _locks = ShardLocks.Of(batch);
        _locks.Add(shard);
    }

    public override void Committed()
    {
        if (shard is not null)
            Refusal = _locks!.Refusal(shard);
        base.Committed();
    }

    public override bool IsDivisible => changes.Count > 1;

    public override void Reject(string problem, Exception error) => Fail(new MessagesRejectedException(problem, error));
}

/// <param name="Digest">Of the topic.</param>
/// <param name="ExpiresAt">Null when it does not expire.</param>
/// <param name="Size">What it counts for.</param>
/// <param name="Body">The encoded message; null to remove what is there.</param>
/// <param name="Shard">Who writes it; null where there is nobody else.</param>
internal sealed record RetainedRowChange(string Tenant, Guid Digest, string Topic, long? ExpiresAt, int Size, byte[]? Body, ShardFencingToken? Shard)
{
    public static RetainedRowChange Of(string tenant, Message message, ShardFencingToken? shard) => new(
        tenant,
        KeyDigest.Of(message.Topic.Utf8),
        message.Topic.Text,
        message.ExpiresAt == Message.Never ? null : message.ExpiresAt,
        message.Size,
        message.PayloadLength == 0 ? null : MessageFrame.Encode(message),
        shard);
}

/// <summary>The retained messages of a transaction; of one topic the last counts.</summary>
internal sealed class RetainedStatements : IStatements
{
    private readonly Dictionary<(string Tenant, Guid Digest), RetainedRowChange> _changes = [];

    public int Order => 80;

    public void Add(RetainedRowChange change)
    {
        // One that is refused must not stand in the way of one that is not.
        var key = (change.Tenant, change.Digest);
        if (change.Shard is null || !_changes.TryGetValue(key, out var before) || !(before.Shard?.Epoch > change.Shard.Epoch))
            _changes[key] = change;
    }

    public void AddTo(NpgsqlBatch batch)
    {
        var (tenants, digests, topics) = (new List<string?>(), new List<Guid>(), new List<string?>());
        var (expiries, sizes, bodies) = (new List<long?>(), new List<int>(), new List<byte[]?>());
        var (removedFrom, removed) = (new List<string?>(), new List<Guid>());
        var (setBy, removedBy) = (new Writers(), new Writers());
        foreach (var change in _changes.Values)
        {
            if (change.Body is null)
            {
                removedFrom.Add(change.Tenant);
                removed.Add(change.Digest);
                removedBy.Add(change.Shard);
                continue;
            }

            tenants.Add(change.Tenant);
            digests.Add(change.Digest);
            topics.Add(change.Topic);
            expiries.Add(change.ExpiresAt);
            sizes.Add(change.Size);
            bodies.Add(change.Body);
            setBy.Add(change.Shard);
        }

        if (tenants.Count > 0)
        {
            batch.BatchCommands.Add(new NpgsqlBatchCommand(
                """
                insert into retained (tenant, topic_digest, topic, expires_at, size, body)
                select a.tenant, a.digest, a.topic, a.expires_at, a.size, a.body
                from unnest($1, $2, $3, $4, $5, $6, $7, $8) as a(tenant, digest, topic, expires_at, size, body, shard, epoch)
                where a.epoch is null
                    or exists (select 1 from shards s where s.tenant = a.tenant and s.shard = a.shard and s.epoch = a.epoch)
                on conflict (tenant, topic_digest) do update
                set topic = excluded.topic, expires_at = excluded.expires_at, size = excluded.size, body = excluded.body
                """).With(tenants).With(digests).With(topics).With(expiries).With(sizes).With(bodies)
                .With(setBy.Shards).With(setBy.Epochs));
        }

        if (removed.Count > 0)
        {
            batch.BatchCommands.Add(new NpgsqlBatchCommand(
                """
                delete from retained r using unnest($1, $2, $3, $4) as gone(tenant, digest, shard, epoch)
                where r.tenant = gone.tenant and r.topic_digest = gone.digest and (gone.epoch is null
                    or exists (select 1 from shards s where s.tenant = gone.tenant and s.shard = gone.shard and s.epoch = gone.epoch))
                """).With(removedFrom).With(removed).With(removedBy.Shards).With(removedBy.Epochs));
        }
    }

    public Task ReadAsync(NpgsqlDataReader reader) => Task.CompletedTask;

    private sealed class Writers
    {
        public List<long?> Shards { get; } = [];

        public List<long?> Epochs { get; } = [];

        public void Add(ShardFencingToken? shard)
        {
            Shards.Add(shard?.Shard);
            Epochs.Add(shard?.Epoch);
        }
    }
}
