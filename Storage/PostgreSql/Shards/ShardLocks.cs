using Npgsql;
using Starling.Broker.Contracts;
using Starling.Storage.PostgreSql.Writing;

namespace Starling.Storage.PostgreSql.Shards;

/// <summary>
/// Holds the shards that a transaction writes for, those of which the writer is still the owner: nobody can take one before the
/// transaction has ended, and who does so then reads all of it. The statements that follow leave out the others.
/// </summary>
internal sealed class ShardLocks : IStatements
{
    private readonly HashSet<ShardFencingToken> _named = [];
    private readonly HashSet<(string Tenant, long Shard, long Epoch)> _held = [];
    private readonly List<string?> _tenants = [];
    private readonly List<long> _shards = [];
    private readonly List<long> _epochs = [];

    public int Order => 31;

    public static ShardLocks Of(WriteBatch batch) => batch.Statements(static _ => new ShardLocks());

    public void Add(ShardFencingToken shard)
    {
        if (!_named.Add(shard))
            return;
        _tenants.Add(shard.Tenant);
        _shards.Add(shard.Shard);
        _epochs.Add(shard.Epoch);
    }

    /// <returns>Null when the shard is the writer's.</returns>
    public StaleShardException? Refusal(ShardFencingToken shard) =>
        _held.Contains((shard.Tenant, shard.Shard, shard.Epoch)) ? null : new StaleShardException(shard);

    public void AddTo(NpgsqlBatch batch) => batch.BatchCommands.Add(new NpgsqlBatchCommand(
        """
        select s.tenant, s.shard::bigint, s.epoch
        from unnest($1, $2, $3) as held(tenant, shard, epoch)
        join shards s on s.tenant = held.tenant and s.shard = held.shard and s.epoch = held.epoch
        order by s.tenant, s.shard for share of s
        """).With(_tenants).With(_shards).With(_epochs));

    public async Task ReadAsync(NpgsqlDataReader reader)
    {
        while (await reader.ReadAsync().ConfigureAwait(false))
            _held.Add((reader.GetString(0), reader.GetInt64(1), reader.GetInt64(2)));
        await reader.NextResultAsync().ConfigureAwait(false);
    }
}
