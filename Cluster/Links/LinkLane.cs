using Starling.Broker.Contracts;
using Starling.Broker.Messages;
using Starling.Cluster.Contracts;

namespace Starling.Cluster.Links;

/// <summary>What the lanes of one link have in common.</summary>
/// <param name="Sender">What shards call this process.</param>
/// <param name="IsEdge">Whether it has routes.</param>
/// <param name="Shard">The shard.</param>
/// <param name="Routes">An edge's, at the shard.</param>
/// <param name="Epoch">The shard's.</param>
internal sealed record LinkEnds(string Sender, bool IsEdge, IRemoteShard Shard, LinkedRoutes Routes, KnownEpoch Epoch);

/// <summary>One lane of a <see cref="ShardLink"/>, which says how transfers are repeated and which lane takes what.</summary>
internal sealed class LinkLane
{
    private readonly ShardLane _lane;
    private readonly LinkEnds _ends;
    private readonly StopAndWaitSender<ShardOutboundItem> _courier;
    private ShardTransfer? _transfer;
    private bool _isInStep;

    /// <param name="lane">Which.</param>
    /// <param name="ends">Of the link.</param>
    /// <param name="options">The bounds, of each lane.</param>
    /// <param name="time">The clock.</param>
    /// <param name="first">The number of the first transfer.</param>
    public LinkLane(ShardLane lane, LinkEnds ends, LinkOptions options, TimeProvider time, long first)
    {
        _lane = lane;
        _ends = ends;
        _courier = new StopAndWaitSender<ShardOutboundItem>("shard", TransferAsync, options, time, first);
    }

    /// <inheritdoc cref="StopAndWaitSender{T}.AddAsync"/>
    public ValueTask AddAsync(ShardOutboundItem item) => _courier.AddAsync(item);

    /// <inheritdoc cref="StopAndWaitSender{T}.Add"/>
    public void Add(ShardOutboundItem item) => _courier.Add(item);

    /// <summary>Done when the shard has had all that was added before.</summary>
    /// <exception cref="StoreUnavailableException">It is not known whether it has.</exception>
    public async ValueTask PassAsync()
    {
        if (_courier.IsIdle)
            return;
        var item = ShardOutboundItem.OfRoutes(confirmed: null, isAwaited: true);
        _courier.Add(item);
        await item.Done.ConfigureAwait(false);
    }

    /// <inheritdoc cref="StopAndWaitSender{T}.End"/>
    public void End(Exception reason) => _courier.End(reason);

    private async ValueTask<CallResult> TransferAsync(Batch<ShardOutboundItem> load)
    {
        var known = _ends.Epoch.Value;
        if (_transfer?.Number != load.Number)
            _transfer = new ShardTransfer(_ends.Sender, _ends.IsEdge, known, load.Number, RoutesToTell(), Messages(load), _lane);
        else if (known > _transfer.KnownEpoch)
        {
            if (load.IsInDoubt)
                LeaveOutUnrepeatable(load);
            load.IsInDoubt = false;
            _transfer = _transfer with { KnownEpoch = known, Messages = Messages(load) };
        }

        var transfer = _transfer;
        var reply = await _ends.Shard.TransferAsync(transfer).ConfigureAwait(false);
        _ends.Epoch.Learn(reply.Epoch);
        switch (reply.Kind)
        {
            case ShardReplyKind.Done:
                _isInStep = true;
                Settle(load, reply);
                return CallResult.Answered;
            case ShardReplyKind.NeedsRoutes:
                _transfer = transfer with { Routes = AllRoutes() };
                return CallResult.Again;
            case ShardReplyKind.OutOfDate when reply.Epoch > transfer.KnownEpoch:
                return CallResult.Again;
            default:
                // It has found out only now, and may have carried out a part of it.
                load.IsInDoubt |= reply.Epoch == transfer.KnownEpoch;
                return CallResult.Later;
        }
    }

    /// <summary>As long as the load before was not answered, nobody knows which changes the shard has.</summary>
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

    private static Message[] Messages(Batch<ShardOutboundItem> load)
    {
        var messages = new Message[load.Items.Sum(item => item.Messages.Length)];
        var at = 0;
        foreach (var item in load.Items)
        {
            item.Messages.CopyTo(messages, at);
            at += item.Messages.Length;
        }

        return messages;
    }

    private static void LeaveOutUnrepeatable(Batch<ShardOutboundItem> load)
    {
        var failed = load.Items.Where(item => !item.IsRepeatable).ToArray();
        load.Items = [.. load.Items.Where(item => item.IsRepeatable)];
        foreach (var item in load.Items)
            item.LeaveOutQoS0();
        foreach (var item in failed)
            item.Fail(new StoreUnavailableException("A shard went, and it is not known whether it has had QoS 2 messages that must not be repeated."));
    }

    private static void Settle(Batch<ShardOutboundItem> load, ShardReply reply)
    {
        var offset = 0;
        foreach (var item in load.Items)
        {
            item.Complete(reply, offset);
            offset += item.Messages.Length;
        }
    }
}
