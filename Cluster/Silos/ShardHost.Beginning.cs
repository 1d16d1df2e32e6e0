using Starling.Broker.Contracts;
using Starling.Broker.Retained;
using Starling.Broker.Routing;
using Starling.Cluster.Contracts;
using Starling.Cluster.Links;

namespace Starling.Cluster.Silos;

/// <remarks>How a shard comes to serve: the numbered steps of its description.</remarks>
public sealed partial class ShardHost
{
    private async Task BeginAsync()
    {
        try
        {
            var epoch = await InsistAsync(() => _silo.Shards.TakeAsync(_tenant.Name, _number)).ConfigureAwait(false);
            var serving = _serving = await InsistAsync(() => LoadAsync(epoch)).ConfigureAwait(false);
            _silo.Edges.Joined += OnJoined;
            _silo.Edges.Gone += OnGone;
            var edges = await InsistAsync(_silo.Edges.ReadAsync).ConfigureAwait(false);
            await Task.WhenAll(edges.Select(edge => AskAsync(edge, serving))).ConfigureAwait(false);
            _stop.Token.ThrowIfCancellationRequested();
            Log.Serves(_logger, _tenant.Name, _number, epoch);
            _begun.TrySetResult(serving);
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
        }
    }

    private async ValueTask<Serving> LoadAsync(long epoch)
    {
        var hold = new ShardFencingToken(_tenant.Name, _number, epoch);
        var counters = _silo.Metrics.For(_tenant.Name);
        var retained = new RetainedMessages(
            _tenant, _silo.Retained, counters, _silo.Due, NewLogger<RetainedMessages>(), hold, BecomeOutOfDate);
        try
        {
            var edges = new ShardEdges(_silo, _cluster, hold, counters, BecomeOutOfDate);
            var shard = new TopicShard(_tenant, edges, retained, NewLogger<TopicShard>());
            await shard.LoadAsync(_silo.Sessions, _number, _cluster.ShardCount(_tenant.Name)).ConfigureAwait(false);
            return new Serving(hold, shard, retained, edges, new TransferDeduplicator<ShardReply>(), new PublisherEpochs(_silo.Time), new PublisherEpochs(_silo.Time), new RetainedCursors(shard, _silo.Time), new OwnershipCheck(_silo.Shards, hold));
        }
        catch
        {
            retained.Dispose();
            throw;
        }
    }

    /// <summary>Asks an edge for its routes until it answers or is gone.</summary>
    private async Task AskAsync(EdgeEntry entry, Serving serving)
    {
        var pause = FirstPause;
        while (!_stop.IsCancellationRequested && !IsOutOfDate && _silo.Edges.Find(entry.EdgeId) is not null)
        {
            try
            {
                var routes = await _silo.Engine.Edge(entry.Address).AnnounceAsync(_tenant.Name, _number, serving.Hold.Epoch).ConfigureAwait(false);
                if (serving.Edges.TryApply(entry.EdgeId, routes, serving.Shard))
                    return;
            }
            catch (Exception error)
            {
                Log.NotBegun(_logger, _tenant.Name, _number, error.Message);
            }

            await PauseAsync(pause).ConfigureAwait(false);
            pause = Longer(pause);
        }
    }

    private void OnJoined(EdgeEntry entry) => _ = AskAsync(entry, _serving!);

    private void OnGone(string edgeId)
    {
        _serving!.Transfers.Forget(edgeId);
        _serving.Edges.Drop(edgeId, _serving.Shard);
    }

    /// <summary>Nothing goes on without it, so it is tried for as long as it takes.</summary>
    private async ValueTask<T> InsistAsync<T>(Func<ValueTask<T>> call)
    {
        for (var pause = FirstPause; ; pause = Longer(pause))
        {
            _stop.Token.ThrowIfCancellationRequested();
            try
            {
                return await call().ConfigureAwait(false);
            }
            catch (Exception error)
            {
                Log.NotBegun(_logger, _tenant.Name, _number, error.Message);
            }

            await PauseAsync(pause).ConfigureAwait(false);
        }
    }

    private static TimeSpan Longer(TimeSpan pause) => 2 * pause < LongestPause ? 2 * pause : LongestPause;

    private async ValueTask PauseAsync(TimeSpan pause) =>
        await Task.Delay(pause, _silo.Time, _stop.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);

    private Microsoft.Extensions.Logging.ILogger<T> NewLogger<T>() => Microsoft.Extensions.Logging.LoggerFactoryExtensions.CreateLogger<T>(_silo.Loggers);

    private sealed record Serving(
        ShardFencingToken Hold,
        TopicShard Shard,
        RetainedMessages Retained,
        ShardEdges Edges,
        TransferDeduplicator<ShardReply> Transfers,
        PublisherEpochs Stored,
        PublisherEpochs Direct,
        RetainedCursors Cursors,
        OwnershipCheck Ownership)
    {
        /// <summary>Each lane has its own: what never waits for a store does not wait for what does either.</summary>
        public PublisherEpochs Publishers(ShardLane lane) => lane == ShardLane.Direct ? Direct : Stored;
    }
}
