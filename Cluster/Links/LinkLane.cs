using System.Diagnostics;
using Microsoft.Extensions.Logging;
using Starling.Broker.Contracts;
using Starling.Broker.Messages;
using Starling.Broker.Telemetry;
using Starling.Cluster.Contracts;

namespace Starling.Cluster.Links;

/// <summary>What the lanes of one link have in common.</summary>
/// <param name="Sender">What shards call this process.</param>
/// <param name="IsEdge">Whether it has routes.</param>
/// <param name="Routes">An edge's, at the shard.</param>
internal sealed record LinkEnds(string Sender, bool IsEdge, IRemoteShard Shard, LinkedRoutes Routes, KnownEpoch Epoch);

/// <summary>One lane of a <see cref="ShardLink"/>, which says how transfers are repeated and which lane takes what.</summary>
internal sealed class LinkLane
{
    private readonly ShardLane _lane;
    private readonly LinkEnds _ends;
    private readonly StopAndWaitSender<ShardOutboundItem> _sender;
    private ShardTransfer? _transfer;
    private bool _isInStep;

    /// <param name="first">The number of the first transfer.</param>
    public LinkLane(ShardLane lane, LinkEnds ends, LinkOptions options, TimeProvider time, ILogger logger, long first)
    {
        _lane = lane;
        _ends = ends;
        _sender = new StopAndWaitSender<ShardOutboundItem>("shard", TransferAsync, options, time, logger, first);
    }

    /// <inheritdoc cref="StopAndWaitSender{T}.AddAsync"/>
    public ValueTask AddAsync(ShardOutboundItem item) => _sender.AddAsync(item);

    /// <inheritdoc cref="StopAndWaitSender{T}.Add"/>
    public void Add(ShardOutboundItem item) => _sender.Add(item);

    /// <summary>Done when the shard has had all that was added before.</summary>
    /// <exception cref="StoreUnavailableException">It is not known whether it has.</exception>
    public async ValueTask PassAsync()
    {
        if (_sender.IsIdle)
            return;
        var item = ShardOutboundItem.OfRoutes(confirmed: null, isAwaited: true);
        _sender.Add(item);
        await item.Done.ConfigureAwait(false);
    }

    /// <inheritdoc cref="StopAndWaitSender{T}.End"/>
    public void End(Exception reason) => _sender.End(reason);

    private async ValueTask<CallResult> TransferAsync(Batch<ShardOutboundItem> batch)
    {
        var known = _ends.Epoch.Value;
        if (_transfer?.Number != batch.Number)
            _transfer = new ShardTransfer(_ends.Sender, _ends.IsEdge, known, batch.Number, RoutesToTell(), Messages(batch), _lane);
        else if (known > _transfer.KnownEpoch)
        {
            if (batch.IsInDoubt)
                LeaveOutUnrepeatable(batch);
            batch.IsInDoubt = false;
            _transfer = _transfer with { KnownEpoch = known, Messages = Messages(batch) };
        }

        var transfer = _transfer;
        using var activity = BrokerTracing.Gather(BrokerTracing.Transfer, ActivityKind.Producer, batch.Items, static item => item.Origin);
        var reply = await _ends.Shard.TransferAsync(transfer).ConfigureAwait(false);
        _ends.Epoch.Learn(reply.Epoch);
        switch (reply.Kind)
        {
            case ShardReplyKind.Done:
                _isInStep = true;
                Complete(batch, reply);
                return CallResult.Answered;
            case ShardReplyKind.NeedsRoutes:
                _transfer = transfer with { Routes = AllRoutes() };
                return CallResult.Again;
            case ShardReplyKind.OutOfDate when reply.Epoch > transfer.KnownEpoch:
                return CallResult.Again;
            default:
                // It has found out only now, and may have carried out a part of it.
                batch.IsInDoubt |= reply.Epoch == transfer.KnownEpoch;
                return CallResult.Later;
        }
    }

    /// <summary>As long as the batch before was not answered, nobody knows which changes the shard has.</summary>
    private EdgeRoutes? RoutesToTell()
    {
        if (!_ends.IsEdge || _lane != ShardLane.Direct)
            return null;
        var routes = _isInStep ? _ends.Routes.TakeChanges() : _ends.Routes.TakeAll();
        _isInStep = false;
        return routes;
    }

    /// <summary>The other lane does not take the changes: who waits for one is told when the direct lane has told the shard.</summary>
    private EdgeRoutes? AllRoutes() =>
        !_ends.IsEdge ? null : _lane == ShardLane.Direct ? _ends.Routes.TakeAll() : _ends.Routes.ReadAll();

    private static Message[] Messages(Batch<ShardOutboundItem> batch)
    {
        var messages = new Message[batch.Items.Sum(item => item.Messages.Length)];
        var at = 0;
        foreach (var item in batch.Items)
        {
            item.Messages.CopyTo(messages, at);
            at += item.Messages.Length;
        }

        return messages;
    }

    private static void LeaveOutUnrepeatable(Batch<ShardOutboundItem> batch)
    {
        var failed = batch.Items.Where(item => !item.IsRepeatable).ToArray();
        batch.Items = [.. batch.Items.Where(item => item.IsRepeatable)];
        foreach (var item in batch.Items)
            item.LeaveOutQoS0();
        foreach (var item in failed)
            item.Fail(new StoreUnavailableException("Outcome of QoS 2 messages unknown: their shard moved to another process, and they must not be repeated."));
    }

    private static void Complete(Batch<ShardOutboundItem> batch, ShardReply reply)
    {
        var offset = 0;
        foreach (var item in batch.Items)
        {
            item.Complete(reply, offset);
            offset += item.Messages.Length;
        }
    }
}
