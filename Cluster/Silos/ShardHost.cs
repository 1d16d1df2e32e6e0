using Microsoft.Extensions.Logging;
using Starling.Broker.Contracts;
using Starling.Broker.Messages;
using Starling.Broker.Tenants;
using Starling.Broker.Threading;
using Starling.Cluster.Contracts;
using Starling.Cluster.Links;

namespace Starling.Cluster.Silos;

/// <summary>
/// A topic shard as the other processes of a cluster reach it.
/// </summary>
/// <remarks>
/// A shard lives in one process, and in another one when that dies. It must know all routes before it serves: otherwise a message could be
/// acknowledged that did not reach somebody who had subscribed. So it
/// 1. takes an epoch from the store. From then on the store refuses retained messages of an object that was the shard before, and that
///    one's durable routes: a change of a durable route is written before the shard is told, and the shard asks the store behind the
///    change whether it still is the shard. If it is, a successor loads what was written; if not, the session tells the successor;
/// 2. loads retained messages and durable routes;
/// 3. asks every edge that lives for its routes, again and again until each has answered or the directory says that it is gone. From then
///    on all of them know the epoch, take nothing from an older shard any more, and send it nothing that it would carry out;
/// 4. serves. Calls that came meanwhile have waited.
///
/// An edge that joins is asked too, when it is seen. Until then it is unknown here, and is answered that it has to tell all its routes.
///
/// For a moment two objects may exist for one shard. The one that does not own it any more finds out from a transfer with a higher epoch,
/// from an edge that refuses, or from the store (<see cref="ShardValidity"/>). It then carries out nothing more, and tells its host.
///
/// A transfer is carried out at most once: see <see cref="StopAndWaitSender{T}"/> for the numbers and <see cref="ShardLink"/> for what
/// happens between two shards. Messages of one sender stay in order, since it has one transfer under way in each lane; those of different
/// senders, and of two lanes, are carried out side by side.
/// </remarks>
public sealed class ShardHost : IRemoteShard, IAsyncDisposable
{
    private static readonly TimeSpan EndPatience = TimeSpan.FromSeconds(1);

    private readonly SiloServices _silo;
    private readonly ILogger<ShardHost> _logger;
    private readonly ShardValidity _validity;
    private readonly ShardStart _start;
    private readonly CancellationTokenSource _stop = new();
    private readonly TaskCompletionSource<ShardServing> _begun = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Task _beginning = Task.CompletedTask;
    private ShardServing? _serving;

    /// <param name="cluster">The cluster as this silo sees it.</param>
    /// <param name="outOfDate">Called once when another object owns the shard: this one is to be released, so that calls find the other.</param>
    public ShardHost(Tenant tenant, int number, SiloServices silo, SiloCluster cluster, Action outOfDate)
    {
        _silo = silo;
        _logger = silo.Loggers.CreateLogger<ShardHost>();
        _validity = new ShardValidity(tenant.Name, number, outOfDate, _logger);
        _start = new ShardStart(tenant, number, silo, cluster, _validity, _logger, _stop.Token);
    }

    public bool IsOutOfDate => _validity.IsOutOfDate;

    /// <summary>Begins, once. Nobody has to await it: calls wait until the shard serves.</summary>
    /// <returns>Done when it serves, or has been disposed.</returns>
    public Task StartAsync() => _beginning = BeginAsync();

    public async ValueTask<ShardReply> TransferAsync(ShardTransfer transfer)
    {
        var serving = await _begun.Task.ConfigureAwait(false);
        return await serving.TransferAsync(transfer).ConfigureAwait(false);
    }

    public async ValueTask SetDurableRouteAsync(string clientId, Subscription subscription)
    {
        var serving = await ServingAsync().ConfigureAwait(false);
        await serving.SetDurableRouteAsync(clientId, subscription).ConfigureAwait(false);
    }

    public async ValueTask RemoveDurableRouteAsync(string clientId, string filter)
    {
        var serving = await ServingAsync().ConfigureAwait(false);
        await serving.RemoveDurableRouteAsync(clientId, filter).ConfigureAwait(false);
    }

    public async ValueTask JoinAsync(SharedGroupKey group, SharedMember member)
    {
        var serving = await ServingAsync().ConfigureAwait(false);
        await serving.JoinAsync(group, member).ConfigureAwait(false);
    }

    public async ValueTask LeaveAsync(SharedGroupKey group, string clientId)
    {
        var serving = await ServingAsync().ConfigureAwait(false);
        await serving.LeaveAsync(group, clientId).ConfigureAwait(false);
    }

    public async ValueTask<IReadOnlyList<int>> RedispatchAsync(string except, IReadOnlyList<Delivery> deliveries)
    {
        var serving = await ServingAsync().ConfigureAwait(false);
        return await serving.RedispatchAsync(except, deliveries).ConfigureAwait(false);
    }

    public async ValueTask CompletedAsync(SharedGroupKey group, string clientId, int count)
    {
        var serving = await ServingAsync().ConfigureAwait(false);
        await serving.CompletedAsync(group, clientId, count).ConfigureAwait(false);
    }

    public async ValueTask<RetainedPage> ReadRetainedAsync(RetainedQuery query)
    {
        var serving = await ServingAsync().ConfigureAwait(false);
        return await serving.ReadRetainedAsync(query).ConfigureAwait(false);
    }

    /// <summary>Ends it. What it still had to write is written, if the store takes it soon.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_stop.IsCancellationRequested)
            return;
        await _stop.CancelAsync().ConfigureAwait(false);
        await _beginning.ConfigureAwait(false);
        _begun.TrySetException(new RemoteCallException("The shard is shutting down."));
        _ = _begun.Task.Exception;
        if (_serving is { } serving)
        {
            _silo.Edges.Joined -= OnJoined;
            _silo.Edges.Gone -= serving.RemoveEdge;
            await serving.EndAsync(EndPatience).ConfigureAwait(false);
        }

        _stop.Dispose();
    }

    internal static RemoteCallException NotTheOwner(Exception? cause = null)
    {
        const string Message = "Another object owns the shard.";
        return cause is null ? new(Message) : new(Message, cause);
    }

    private async Task BeginAsync()
    {
        try
        {
            var serving = _serving = await _start.LoadAsync().ConfigureAwait(false);
            _silo.Edges.Joined += OnJoined;
            _silo.Edges.Gone += serving.RemoveEdge;
            await _start.AskEdgesAsync(serving).ConfigureAwait(false);
            _begun.TrySetResult(serving);
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
            // It ends before it serves.
        }
    }

    private void OnJoined(EdgeEntry entry) => Background.Run(_start.AskAsync(entry, _serving!), _logger, "Request for an edge's routes");

    private async ValueTask<ShardServing> ServingAsync()
    {
        var serving = await _begun.Task.ConfigureAwait(false);
        return IsOutOfDate ? throw NotTheOwner() : serving;
    }
}
