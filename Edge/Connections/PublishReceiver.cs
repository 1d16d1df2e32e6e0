using System.Diagnostics;
using Starling.Broker.Contracts;
using Starling.Broker.Messages;
using Starling.Broker.Telemetry;
using Starling.Broker.Tenants.Quotas;
using Starling.Edge.Nodes;
using Starling.Protocol;

namespace Starling.Edge.Connections;

/// <summary>
/// The messages that a client publishes. Those of one read are one batch: taken in one after the other (<see cref="Receive"/>), routed
/// at once, delivered to this edge's own connections, and acknowledged in the order they came ([MQTT-4.6.0-2], [-3]).
/// </summary>
internal sealed class PublishReceiver(EdgeConnection connection, Replies replies, IReadOnlyList<ushort> receivedBefore)
{
    /// <summary>Properties and payload of small messages that were read together share a buffer of about this size.</summary>
    private const int SlabSize = 8 * 1024;

    private readonly PublishTopics _topics = new(connection);
    private readonly IncomingIdentifiers _identifiers = new(connection, receivedBefore);
    private readonly List<PublishBatch> _batches = [];
    private readonly List<Pending> _pending = [];
    private readonly Fanout _fanout = new();
    private byte[] _slab = [];
    private int _slabUsed;
    private int _published;
    private bool _retains;
    private long _bytes;
    private TimeSpan _delay;
    private int _uncharged;

    public bool IsEmpty => _pending.Count == 0 && _published == 0 && !_identifiers.HasChanged;

    /// <summary>Takes in one PUBLISH.</summary>
    /// <param name="flags">Of the fixed header.</param>
    /// <param name="body">Borrowed; what is kept is copied, unless it is <paramref name="owned"/>.</param>
    /// <param name="ahead">Bytes of the read from this packet on, for the size of the buffer that its messages share.</param>
    /// <param name="owned">The same bytes as the body, if nobody writes to them any more.</param>
    /// <exception cref="MqttProtocolException">The connection has to be closed.</exception>
    public void Receive(byte flags, ReadOnlySpan<byte> body, long ahead, byte[]? owned = null)
    {
        var packet = PublishPacket.Decode(flags, body, connection.Version, PublishSender.Client);
        CheckPromises(packet);
        _published++;
        _bytes += packet.Payload.Length;
        var topic = _topics.Resolve(packet);
        _identifiers.CheckReceiveMaximum(packet);
        var repeated = packet.QoS == QualityOfService.ExactlyOnce && !_identifiers.TryReceive(packet.PacketIdentifier);
        var refusal = _topics.Check(topic);
        var outcome = new Pending(packet.PacketIdentifier, packet.QoS, Batch: -1, Index: -1, repeated ? ReasonCode.Success : refusal);
        if (!repeated && refusal == ReasonCode.Success)
            outcome = Queue(packet, topic.Topic, outcome, ahead, owned);
        if (outcome.Batch >= 0 || packet.QoS > QualityOfService.AtMostOnce)
            _pending.Add(outcome);
    }

    /// <inheritdoc cref="IncomingIdentifiers.Release"/>
    public bool Release(ushort packetIdentifier) => _identifiers.Release(packetIdentifier);

    /// <summary>Routes, delivers and answers what has been taken in; acknowledgements are added to the replies.</summary>
    /// <exception cref="MqttProtocolException">A message was not stored, and there is no way to say so. It and what came after it is forgotten.</exception>
    /// <exception cref="StoreUnavailableException">What became of the messages is not known: none is acknowledged, and the connection has to end.</exception>
    public async ValueTask CompleteAsync()
    {
        Exception? failure;
        var entered = _retains ? connection.EdgeTenant.RetainedPublishes.Enter() : null;
        try
        {
            await RouteAsync().ConfigureAwait(false);
            failure = Finish();
        }
        catch
        {
            // It must not be routed again when the connection ends.
            Clear();
            throw;
        }
        finally
        {
            if (entered is not null)
                connection.EdgeTenant.RetainedPublishes.Exit(entered);
        }

        // Before this client's session is waited for, which may fail: receivers that were written to would never be flushed, by nobody.
        var messagesOut = _fanout.Messages;
        _fanout.Flush();
        if (_identifiers.HasChanged && connection.IsDurable)
            await _identifiers.RecordAsync().ConfigureAwait(false);

        connection.Counters.PublishReceived.Add(_published);
        connection.Counters.PublishBytesReceived.Add(_bytes);
        _uncharged += _published;
        Clear();
        if (failure is not null)
            throw failure;
        await _fanout.WaitForSlowReadersAsync(EdgeNode.SlowReaderPatience, connection.Time, connection).ConfigureAwait(false);
        if (messagesOut > 0 && connection.EdgeTenant.HasOutgoingRate)
            Delay(connection.EdgeTenant.Tenant.Quotas.DelayOut(messagesOut));
    }

    private async ValueTask RouteAsync()
    {
        var tenant = connection.EdgeTenant.Tenant.Name;
        using var activity = _published > 0 ? BrokerTracing.Begin(BrokerTracing.Publish, ActivityKind.Server) : null;
        activity?.SetTag("starling.tenant", tenant).SetTag("starling.messages", _published);
        List<Task>? pending = null;
        for (var shard = 0; shard < _batches.Count; shard++)
        {
            if (_batches[shard].Count == 0)
                continue;
            var publishing = connection.Cluster.Shard(tenant, shard).PublishAsync(_batches[shard], connection.EdgeId);
            if (publishing.IsCompletedSuccessfully)
                continue;
            (pending ??= []).Add(publishing.AsTask());
        }

        if (pending is not null)
            await Task.WhenAll(pending).ConfigureAwait(false);
    }

    /// <summary>How long nothing is to be read, because the tenant is over a rate.</summary>
    public TimeSpan TakeDelay()
    {
        var delay = _delay;
        _delay = TimeSpan.Zero;
        return delay;
    }

    /// <summary>Messages that came since the last call.</summary>
    public int TakeUncharged()
    {
        var uncharged = _uncharged;
        _uncharged = 0;
        return uncharged;
    }

    private void Delay(TimeSpan delay) => _delay = delay > _delay ? delay : _delay;

    private void Clear()
    {
        foreach (var batch in _batches)
            batch.Clear();
        _pending.Clear();
        _identifiers.BeginBatch();
        _slab = [];
        _slabUsed = _published = 0;
        _bytes = 0;
        _retains = false;
    }

    /// <summary>What the CONNACK has ruled out ([MQTT-3.2.2-11], [MQTT-3.2.2-14]).</summary>
    private void CheckPromises(in PublishPacket packet)
    {
        var limits = connection.EdgeTenant.Tenant.Options.Limits;
        if ((byte)packet.QoS > limits.MaximumQoS)
            throw Refuse(TenantLimit.MaximumQoS, $"QoS {(int)packet.QoS} exceeds the maximum QoS {limits.MaximumQoS}");
        if (packet.Retain && !limits.RetainAvailable)
            throw Refuse(TenantLimit.RetainAvailable, "RETAIN is set, and retained messages are not available");
    }

    private MqttProtocolException Refuse(TenantLimit limit, string what) =>
        new(connection.EdgeTenant.Tenant.Quotas.Refuse(limit), $"PUBLISH: {what}");

    private Pending Queue(in PublishPacket packet, Topic topic, Pending pending, long ahead, byte[]? owned)
    {
        var shard = connection.Cluster.ShardOf(connection.EdgeTenant.Tenant.Name, topic);
        while (_batches.Count <= shard)
            _batches.Add(new PublishBatch());
        var propertiesLength = packet.ForwardedPropertiesLength;
        var length = propertiesLength + packet.Payload.Length;
        var (buffer, offset) = owned is not null && propertiesLength == 0 && length > owned.Length / 2
            ? (owned, owned.Length - length)
            : Copy(packet, propertiesLength, length, ahead);
        var expiresAt = packet.MessageExpiryInterval is { } seconds
            ? connection.Time.GetUtcNow().ToUnixTimeMilliseconds() + (seconds * 1000L)
            : Message.Never;
        _retains |= packet.Retain;
        var batch = _batches[shard];
        batch.Add(new Message(
            topic, packet.QoS, packet.Retain, buffer, offset, propertiesLength, packet.Payload.Length, expiresAt, connection.Publisher,
            packet.QoS == QualityOfService.ExactlyOnce ? packet.PacketIdentifier : (ushort)0));
        return pending with { Batch = shard, Index = batch.Count - 1 };
    }

    /// <summary>Copies properties and payload, to where those of other messages of the read are when they are small.</summary>
    private (byte[] Buffer, int Offset) Copy(in PublishPacket packet, int propertiesLength, int length, long ahead)
    {
        if (length > _slab.Length - _slabUsed)
        {
            _slab = GC.AllocateUninitializedArray<byte>(length >= SlabSize / 2 ? length : (int)Math.Clamp(ahead, length, SlabSize));
            _slabUsed = 0;
        }

        var offset = _slabUsed;
        if (propertiesLength > 0)
            packet.CopyForwardedProperties(_slab.AsSpan(offset));
        packet.Payload.CopyTo(_slab.AsSpan(offset + propertiesLength));
        _slabUsed += length;
        return (_slab, offset);
    }

    private Exception? Finish()
    {
        for (var i = 0; i < _pending.Count; i++)
        {
            var pending = _pending[i];
            if (!IsUnanswerable(pending))
            {
                Finish(pending);
                continue;
            }

            // The client will send them again: they are not repeats of messages that have been received.
            foreach (var unfinished in _pending.Skip(i).Where(p => p.QoS == QualityOfService.ExactlyOnce && p.Batch >= 0))
                _identifiers.Undo(unfinished.PacketIdentifier);

            return _batches[pending.Batch].IsInDoubt(pending.Index)
                ? new StoreUnavailableException("The store did not answer: whether a message was stored is not known.")
                : new MqttProtocolException(
                    ReasonCode.QuotaExceeded, "PUBLISH: the store is unavailable, and MQTT 3 has no reason code for it");
        }

        return null;
    }

    private bool IsUnanswerable(in Pending pending) =>
        pending.Batch >= 0 && pending.QoS > QualityOfService.AtMostOnce && _batches[pending.Batch] is var batch
        && batch.IsNotStored(pending.Index) && (connection.Version < ProtocolVersion.Mqtt5 || batch.IsInDoubt(pending.Index));

    private void Finish(Pending pending)
    {
        var reason = pending.Reason;
        if (pending.Batch >= 0)
        {
            var batch = _batches[pending.Batch];
            reason = batch.Outcome(pending.Index);
            if (reason >= ReasonCode.UnspecifiedError)
                connection.Counters.PublishRefused.Increment();
            else if (connection.EdgeTenant.Deliver(batch[pending.Index], _fanout))
                reason = ReasonCode.Success;
        }

        if (pending.QoS == QualityOfService.AtMostOnce)
            return;
        // A refused QoS 2 message is not waiting for PUBREL ([MQTT-4.3.3-10]); before MQTT 5 it can't be refused ([MQTT-3.3.5-2] of 3.1.1).
        if (reason >= ReasonCode.UnspecifiedError)
        {
            if (connection.Version == ProtocolVersion.Mqtt5)
                _identifiers.Refuse(pending.PacketIdentifier);
            else
                reason = ReasonCode.Success;
        }

        var type = pending.QoS == QualityOfService.AtLeastOnce ? PacketType.PubAck : PacketType.PubRec;
        replies.Add(new AckPacket(type, pending.PacketIdentifier, reason));
    }

    /// <param name="PacketIdentifier">To be acknowledged, at QoS 1 and 2.</param>
    /// <param name="QoS">Of the PUBLISH.</param>
    /// <param name="Batch">The shard whose batch it is in, or -1.</param>
    /// <param name="Index">Its place in the batch.</param>
    /// <param name="Reason">The answer, when it is in no batch.</param>
    private readonly record struct Pending(ushort PacketIdentifier, QualityOfService QoS, int Batch, int Index, ReasonCode Reason);
}
