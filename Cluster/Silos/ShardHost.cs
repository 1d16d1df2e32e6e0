using Microsoft.Extensions.Logging;
using Starling.Broker.Contracts;
using Starling.Broker.Messages;
using Starling.Broker.Routing;
using Starling.Broker.Tenants;
using Starling.Cluster.Contracts;
using Starling.Cluster.Links;
using Starling.Protocol;

namespace Starling.Cluster.Silos;

/// <summary>
/// A topic shard as the other processes of a cluster reach it.
/// </summary>
/// <remarks>
/// A shard lives in one process and is made anew in another one when that dies. It must know all routes before it serves, or a message
/// that was acknowledged would not have reached somebody who had subscribed. So it
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
/// An object that was the shard and does not know that it is no longer, because two of one key exist for a moment, finds out from a
/// transfer with a higher epoch, from an edge that refuses, or from the store. It then carries out nothing more, and lets its host know.
///
/// A transfer is carried out at most once: see <see cref="StopAndWaitSender{T}"/> for the numbers and <see cref="ShardLink"/> for what
/// happens between two shards. Messages of one sender stay in order, since it has one transfer under way in each lane; those of different
/// senders, and of two lanes, are carried out side by side.
/// </remarks>
public sealed partial class ShardHost : IRemoteShard, IAsyncDisposable
{
    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(1);

    private readonly Tenant _tenant;
    private readonly int _number;
    private readonly SiloServices _silo;
    private readonly SiloCluster _cluster;
    private readonly Action _outOfDate;
    private readonly ILogger<ShardHost> _logger;
    private readonly CancellationTokenSource _stop = new();
    private readonly TaskCompletionSource<Serving> _begun = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Task _beginning = Task.CompletedTask;
    private Serving? _serving;
    private int _isOutOfDate;

    /// <param name="tenant">Whose shard.</param>
    /// <param name="number">Its number.</param>
    /// <param name="silo">What it shares.</param>
    /// <param name="cluster">The cluster as this silo sees it.</param>
    /// <param name="outOfDate">Called once when another object is the shard: this one is to be let go, so that calls find the other.</param>
    public ShardHost(Tenant tenant, int number, SiloServices silo, SiloCluster cluster, Action outOfDate)
    {
        _tenant = tenant;
        _number = number;
        _silo = silo;
        _cluster = cluster;
        _outOfDate = outOfDate;
        _logger = silo.Loggers.CreateLogger<ShardHost>();
    }

    public bool IsOutOfDate => Volatile.Read(ref _isOutOfDate) != 0;

    /// <summary>Begins, once. Nobody has to await it: calls wait until the shard serves.</summary>
    /// <returns>Done when it serves, or has been disposed.</returns>
    public Task StartAsync() => _beginning = BeginAsync();

    public async ValueTask<ShardReply> TransferAsync(ShardTransfer transfer)
    {
        var serving = await _begun.Task.ConfigureAwait(false);
        var epoch = serving.Hold.Epoch;
        if (transfer.KnownEpoch > epoch)
            BecomeOutOfDate();
        if (IsOutOfDate)
            return NotDone(epoch, ShardReplyKind.OutOfDate);
        if (transfer.IsEdge && !serving.Edges.Knows(transfer.Sender) && !await _silo.Edges.IsAliveAsync(transfer.Sender).ConfigureAwait(false))
            throw new RemoteCallException($"Edge {transfer.Sender} is not in the directory.");
        if (transfer.KnownEpoch < epoch)
            return NotDone(epoch, transfer.IsEdge && !serving.Edges.Knows(transfer.Sender) ? ShardReplyKind.NeedsRoutes : ShardReplyKind.OutOfDate);
        return await serving.Transfers.RunAsync(
            new TransferId(transfer.Sender, (int)transfer.Lane, Epoch: 0, transfer.Number), CarryOutAsync, Prepare).ConfigureAwait(false);

        // Routes take effect at once: what follows, of whichever sender, goes by them.
        ShardReply? Prepare() => transfer.IsEdge && !serving.Edges.TryApply(transfer.Sender, transfer.Routes, serving.Shard)
            ? NotDone(epoch, ShardReplyKind.NeedsRoutes)
            : null;

        Task<ShardReply> CarryOutAsync() => this.CarryOutAsync(transfer, serving);
    }

    public async ValueTask SetDurableRouteAsync(string clientId, Subscription subscription)
    {
        var serving = await ServingAsync().ConfigureAwait(false);
        await serving.Shard.SetDurableRouteAsync(clientId, subscription).ConfigureAwait(false);
        await EnsureCurrentAsync(serving).ConfigureAwait(false);
    }

    public async ValueTask RemoveDurableRouteAsync(string clientId, string filter)
    {
        var serving = await ServingAsync().ConfigureAwait(false);
        await serving.Shard.RemoveDurableRouteAsync(clientId, filter).ConfigureAwait(false);
        await EnsureCurrentAsync(serving).ConfigureAwait(false);
    }

    public async ValueTask JoinAsync(SharedGroupKey group, SharedMember member)
    {
        var serving = await ServingAsync().ConfigureAwait(false);
        await serving.Shard.JoinAsync(group, member).ConfigureAwait(false);
        await EnsureCurrentAsync(serving).ConfigureAwait(false);
    }

    public async ValueTask LeaveAsync(SharedGroupKey group, string clientId)
    {
        var serving = await ServingAsync().ConfigureAwait(false);
        await serving.Shard.LeaveAsync(group, clientId).ConfigureAwait(false);
        await EnsureCurrentAsync(serving).ConfigureAwait(false);
    }

    public async ValueTask<IReadOnlyList<int>> RedispatchAsync(string except, IReadOnlyList<Delivery> deliveries)
    {
        var serving = await ServingAsync().ConfigureAwait(false);
        try
        {
            return await serving.Shard.RedispatchAsync(except, deliveries).ConfigureAwait(false);
        }
        catch (StaleShardException error)
        {
            throw NotTheShard(error);
        }
    }

    public async ValueTask CompletedAsync(SharedGroupKey group, string clientId, int count)
    {
        var serving = await ServingAsync().ConfigureAwait(false);
        await serving.Shard.CompletedAsync(group, clientId, count).ConfigureAwait(false);
    }

    public async ValueTask<RetainedPage> ReadRetainedAsync(RetainedQuery query)
    {
        var serving = await ServingAsync().ConfigureAwait(false);
        return await serving.Cursors.ReadAsync(query).ConfigureAwait(false);
    }

    /// <summary>Ends it. What it still had to write is written, if the store takes it soon.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_stop.IsCancellationRequested)
            return;
        await _stop.CancelAsync().ConfigureAwait(false);
        await _beginning.ConfigureAwait(false);
        _begun.TrySetException(new RemoteCallException("The shard ends."));
        _ = _begun.Task.Exception;
        if (_serving is { } serving)
        {
            _silo.Edges.Joined -= OnJoined;
            _silo.Edges.Gone -= OnGone;
            // What is under way has not reached everybody: it goes to the next shard.
            Volatile.Write(ref _isOutOfDate, 1);
            serving.Edges.End();
            Task written = serving.Retained.CommitAsync();
            await written.WaitAsync(LongestPause, _silo.Time, CancellationToken.None).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            serving.Retained.Dispose();
        }

        _stop.Dispose();
    }

    private static ShardReply NotDone(long epoch, ShardReplyKind kind) => new(epoch, kind, [], []);

    private static RemoteCallException NotTheShard(Exception? cause = null) =>
        cause is null ? new("This is not the shard any more.") : new("This is not the shard any more.", cause);

    private async ValueTask<Serving> ServingAsync()
    {
        var serving = await _begun.Task.ConfigureAwait(false);
        return IsOutOfDate ? throw NotTheShard() : serving;
    }

    private async ValueTask EnsureCurrentAsync(Serving serving)
    {
        if (await serving.Ownership.IsCurrentAsync().ConfigureAwait(false))
            return;
        BecomeOutOfDate();
        throw NotTheShard();
    }

    private async Task<ShardReply> CarryOutAsync(ShardTransfer transfer, Serving serving)
    {
        var publishers = serving.Publishers(transfer.Lane);
        var passage = publishers.Enter(transfer.Messages);
        try
        {
            await passage.Before.ConfigureAwait(false);
            return IsOutOfDate
                ? NotDone(serving.Hold.Epoch, ShardReplyKind.OutOfDate)
                : await PublishAsync(transfer, passage.Late, serving).ConfigureAwait(false);
        }
        finally
        {
            publishers.Leave(passage);
        }
    }

    /// <param name="transfer">What an edge or a silo brings.</param>
    /// <param name="late">Places of messages that are not taken any more.</param>
    /// <param name="serving">What serves.</param>
    private async Task<ShardReply> PublishAsync(ShardTransfer transfer, IReadOnlySet<int>? late, Serving serving)
    {
        var epoch = serving.Hold.Epoch;
        var isCertain = true;
        var batch = new PublishBatch();
        foreach (var message in late is null ? transfer.Messages : transfer.Messages.Where((_, i) => !late.Contains(i)))
            batch.Add(message);
        try
        {
            // Edges know the epoch; a silo may not have heard of a successor, to whom others have subscribed by now.
            if (!transfer.IsEdge && !await serving.Ownership.IsCurrentAsync().ConfigureAwait(false))
                BecomeOutOfDate();
            else
                await serving.Shard.PublishAsync(batch, transfer.IsEdge ? transfer.Sender : null).ConfigureAwait(false);
        }
        catch (StaleShardException)
        {
            BecomeOutOfDate();
        }
        catch (Exception error)
        {
            // It is not known which of them are as safe as they have to be.
            isCertain = false;
            Log.Failed(_logger, _tenant.Name, _number, batch.Count, error);
            for (var i = 0; i < batch.Count; i++)
                batch.SetNotStored(i, isInDoubt: true);
        }

        if (IsOutOfDate)
            return NotDone(epoch, ShardReplyKind.OutOfDate);
        if (isCertain && late is null && transfer.Lane == ShardLane.Direct)
            return new ShardReply(epoch, ShardReplyKind.Done, [], []);
        // Who published what came too late is not answered: its connection closes.
        var places = late is null ? null : Enumerable.Range(0, transfer.Messages.Count).Where(i => !late.Contains(i)).ToArray();
        var outcomes = new ReasonCode[transfer.Messages.Count];
        Array.Fill(outcomes, ReasonCode.ServerUnavailable);
        var notStored = new List<int>(late ?? Enumerable.Empty<int>());
        for (var i = 0; i < batch.Count; i++)
        {
            var place = places?[i] ?? i;
            outcomes[place] = batch.Outcome(i);
            if (batch.IsNotStored(i))
                notStored.Add(place);
        }

        return new ShardReply(epoch, ShardReplyKind.Done, outcomes, notStored);
    }

    private void BecomeOutOfDate()
    {
        if (Interlocked.Exchange(ref _isOutOfDate, 1) != 0)
            return;
        Log.OutOfDate(_logger, _tenant.Name, _number, _serving?.Hold.Epoch ?? 0);
        _outOfDate();
    }
}
