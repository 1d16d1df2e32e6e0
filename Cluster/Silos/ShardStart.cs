using Microsoft.Extensions.Logging;
using Starling.Broker.Contracts;
using Starling.Broker.Retained;
using Starling.Broker.Routing;
using Starling.Broker.Tenants;
using Starling.Cluster.Contracts;

namespace Starling.Cluster.Silos;

/// <summary>Brings a shard up: steps 1 to 3 of <see cref="ShardHost"/>. Each is tried until it succeeds or the shard ends.</summary>
internal sealed partial class ShardStart(
    Tenant tenant, int number, SiloServices silo, SiloCluster cluster, ShardValidity validity, ILogger logger, CancellationToken stop)
{
    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(1);

    /// <summary>Takes an epoch and loads what the stores keep.</summary>
    public async ValueTask<ShardServing> LoadAsync()
    {
        validity.Epoch = await RetryAsync(() => silo.Shards.TakeAsync(tenant.Name, number)).ConfigureAwait(false);
        return await RetryAsync(() => LoadAsync(new ShardFencingToken(tenant.Name, number, validity.Epoch))).ConfigureAwait(false);
    }

    /// <summary>Asks every edge that lives for its routes; done when each has answered or is gone.</summary>
    public async ValueTask AskEdgesAsync(ShardServing serving)
    {
        var edges = await RetryAsync(silo.Edges.ReadAsync).ConfigureAwait(false);
        await Task.WhenAll(edges.Select(edge => AskAsync(edge, serving))).ConfigureAwait(false);
        stop.ThrowIfCancellationRequested();
        Log.Serving(logger, number, tenant.Name, serving.Epoch);
    }

    /// <summary>Asks an edge for its routes until it answers or is gone.</summary>
    public async Task AskAsync(EdgeEntry entry, ShardServing serving)
    {
        var pause = FirstPause;
        while (!stop.IsCancellationRequested && !validity.IsOutOfDate && silo.Edges.Find(entry.EdgeId) is not null)
        {
            try
            {
                var routes = await silo.Engine.Edge(entry.Address).AnnounceAsync(tenant.Name, number, serving.Epoch).ConfigureAwait(false);
                if (serving.TryApply(entry.EdgeId, routes))
                    return;
            }
            catch (Exception error)
            {
                Log.StartDelayed(logger, number, tenant.Name, error.Message);
            }

            await PauseAsync(pause).ConfigureAwait(false);
            pause = Longer(pause);
        }
    }

    private async ValueTask<ShardServing> LoadAsync(ShardFencingToken token)
    {
        var counters = silo.Metrics.For(tenant.Name);
        var retained = new RetainedMessages(
            tenant, silo.Retained, counters, silo.Due, silo.Loggers.CreateLogger<RetainedMessages>(), token, validity.Lose);
        try
        {
            var edges = new ShardEdges(silo, token, counters, validity.Lose);
            var shard = new TopicShard(tenant, cluster, edges, retained, silo.Loggers.CreateLogger<TopicShard>());
            await shard.LoadAsync(silo.Sessions, number, cluster.ShardCount(tenant.Name)).ConfigureAwait(false);
            return new ShardServing(silo, token, validity, shard, retained, edges, logger);
        }
        catch
        {
            retained.Dispose();
            throw;
        }
    }

    /// <exception cref="OperationCanceledException">The shard ends.</exception>
    private async ValueTask<T> RetryAsync<T>(Func<ValueTask<T>> call)
    {
        for (var pause = FirstPause; ; pause = Longer(pause))
        {
            stop.ThrowIfCancellationRequested();
            try
            {
                return await call().ConfigureAwait(false);
            }
            catch (Exception error)
            {
                Log.StartDelayed(logger, number, tenant.Name, error.Message);
            }

            await PauseAsync(pause).ConfigureAwait(false);
        }
    }

    private static TimeSpan Longer(TimeSpan pause) => 2 * pause < LongestPause ? 2 * pause : LongestPause;

    private async ValueTask PauseAsync(TimeSpan pause) =>
        await Task.Delay(pause, silo.Time, stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);

    private static partial class Log
    {
        [LoggerMessage(Level = LogLevel.Information, Message = "Shard {Shard} of tenant {Tenant} serving (epoch {Epoch})")]
        public static partial void Serving(ILogger logger, int shard, string tenant, long epoch);

        [LoggerMessage(Level = LogLevel.Warning, Message = "Shard {Shard} of tenant {Tenant} cannot start yet, retrying: {Problem}")]
        public static partial void StartDelayed(ILogger logger, int shard, string tenant, string problem);
    }
}
