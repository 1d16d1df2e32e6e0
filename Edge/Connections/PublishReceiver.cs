using System.Buffers;
using System.Diagnostics;
using Starling.Broker.Cluster;
using Starling.Broker.Messages;
using Starling.Broker.Routing;
using Starling.Broker.Sessions;
using Starling.Broker.Telemetry;
using Starling.Broker.Tenants.Quotas;
using Starling.Edge.Nodes;
using Starling.Protocol;

namespace Starling.Edge.Connections;

/// <summary>
/// The messages that a client publishes. Those of one read are one batch: taken in one after the other (<see cref="Receive"/>), routed
/// at once, delivered to this edge's own connections, and acknowledged in the order they came ([MQTT-4.6.0-2], [-3]).
/// </summary>
internal sealed class PublishReceiver(ClientConnection connection, IReadOnlyList<ushort> receivedBefore)
{
    /// <summary>Properties and payload of small messages that were read together share a buffer of about this size.</summary>
    private const int SlabSize = 8 * 1024;

    private readonly TopicTable _topics = new();
    private readonly HashSet<ushort> _received = [.. receivedBefore];

    /// <summary>Those of an earlier connection that the client has not come back to: they don't count in this one (section 4.9).</summary>
    private readonly HashSet<ushort> _heldOver = [.. receivedBefore];
    private readonly List<PublishBatch> _batches = [];
    private readonly List<Pending> _pending = [];
    private readonly List<ushort> _changed = [];
    private readonly Fanout _fanout = new();
    private PublishTopic?[]? _aliases;
    private byte[] _slab = [];
    private int _slabUsed;
    private int _unacknowledged;
    private int _published;
    private bool _retains;
    private long _bytes;
    private TimeSpan _delay;

    public bool IsEmpty => _pending.Count == 0 && _published == 0 && _changed.Count == 0;

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
        var topic = Resolve(packet);
        CheckReceiveMaximum(packet);
        var repeated = packet.QoS == QualityOfService.ExactlyOnce && !TakeIn(packet.PacketIdentifier);
        var refusal = Refusal(topic);
        if (refusal != ReasonCode.Success)
            CountRefusal(topic);
        var outcome = new Pending(packet.PacketIdentifier, packet.QoS, Batch: -1, Index: -1, repeated ? ReasonCode.Success : refusal);
        if (!repeated && refusal == ReasonCode.Success)
            outcome = Queue(packet, topic.Topic, outcome, ahead, owned);
        if (outcome.Batch >= 0 || packet.QoS > QualityOfService.AtMostOnce)
            _pending.Add(outcome);
    }

    /// <summary>
    /// Carries out PUBREL: the packet identifier may be used again ([MQTT-4.3.3-11]). Inboxes are told of one that is not known here, too:
    /// to them the next message that has it would be a repeat.
    /// </summary>
    /// <returns>Whether the identifier was known.</returns>
    public bool Release(ushort packetIdentifier)
    {
        _heldOver.Remove(packetIdentifier);
        _changed.Add(packetIdentifier);
        return _received.Remove(packetIdentifier);
    }

    /// <summary>Routes, delivers and answers what has been taken in; acknowledgements are added to <paramref name="replies"/>.</summary>
    /// <exception cref="MqttProtocolException">A message was not stored, and there is no way to say so. It and what came after it is forgotten.</exception>
    /// <exception cref="StoreUnavailableException">What became of the messages is not known: none is acknowledged, and the connection has to end.</exception>
    public async ValueTask CompleteAsync(ArrayBufferWriter<byte> replies)
    {
        Exception? failure;
        var entered = _retains ? connection.EdgeTenant.RetainedPublishes.Enter() : null;
        try
        {
            await RouteAsync().ConfigureAwait(false);
            failure = Finish(replies);
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
        var (messagesOut, bytesOut) = (_fanout.Messages, _fanout.Bytes);
        _fanout.Flush();
        if (_changed.Count > 0 && connection.IsDurable)
            await RecordReceivedAsync().ConfigureAwait(false);

        connection.Counters.PublishReceived.Add(_published);
        connection.Counters.PublishBytesReceived.Add(_bytes);
        if (connection.EdgeTenant.HasIncomingRate)
            Delay(connection.EdgeTenant.Tenant.Quotas.DelayIn(_published, _bytes));
        Clear();
        if (failure is not null)
            throw failure;
        await _fanout.RelieveAsync(EdgeNode.SlowReaderPatience, connection.Node.Time, connection).ConfigureAwait(false);
        if (messagesOut > 0 && connection.EdgeTenant.HasOutgoingRate)
            Delay(connection.EdgeTenant.Tenant.Quotas.DelayOut(messagesOut, bytesOut));
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
            var publishing = connection.Node.Cluster.Shard(tenant, shard).PublishAsync(_batches[shard], connection.EdgeId);
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

    private void Delay(TimeSpan delay) => _delay = delay > _delay ? delay : _delay;

    private void Clear()
    {
        foreach (var batch in _batches)
            batch.Clear();
        _pending.Clear();
        _changed.Clear();
        _slab = [];
        _slabUsed = _unacknowledged = _published = 0;
        _bytes = 0;
        _retains = false;
    }

    /// <summary>What the CONNACK has ruled out ([MQTT-3.2.2-11], [MQTT-3.2.2-14]).</summary>
    private void CheckPromises(in PublishPacket packet)
    {
        var limits = connection.EdgeTenant.Tenant.Options.Limits;
        if ((byte)packet.QoS > limits.MaximumQoS)
            throw Refuse(TenantLimit.MaximumQoS, $"QoS {(int)packet.QoS} is more than the maximum QoS {limits.MaximumQoS}");
        if (packet.Retain && !limits.RetainAvailable)
            throw Refuse(TenantLimit.RetainAvailable, "RETAIN is set, and retained messages are not available");
    }

    private MqttProtocolException Refuse(TenantLimit limit, string what) =>
        new(connection.EdgeTenant.Tenant.Quotas.Refuse(limit), $"PUBLISH: {what}");

    private PublishTopic Resolve(in PublishPacket packet)
    {
        if (packet.TopicAlias == 0)
            return Known(packet.Topic);
        if (packet.TopicAlias > connection.TopicAliasMaximum)
            throw Refuse(TenantLimit.TopicAliasMaximum, $"topic alias {packet.TopicAlias} is over the maximum {connection.TopicAliasMaximum} [MQTT-3.3.2-9]");
        _aliases ??= new PublishTopic?[connection.TopicAliasMaximum + 1];
        if (!packet.Topic.IsEmpty)
            return _aliases[packet.TopicAlias] = Known(packet.Topic);
        return _aliases[packet.TopicAlias]
            ?? throw new MqttProtocolException(ReasonCode.ProtocolError, $"PUBLISH: topic alias {packet.TopicAlias} has not been set [MQTT-3.3.2-12]");
    }

    private PublishTopic Known(ReadOnlySpan<byte> utf8)
    {
        if (_topics.Find(utf8) is { } known)
            return known;
        TopicNames.Validate(utf8);
        return _topics.Add(utf8);
    }

    /// <summary>Why the client may not publish to the topic, worked out again when the rules change.</summary>
    private ReasonCode Refusal(PublishTopic topic)
    {
        var access = connection.Access;
        if (topic.AccessVersion == access.Version)
            return topic.Refusal;
        var limits = connection.EdgeTenant.Tenant.Options.Limits;
        topic.AccessVersion = access.Version;
        topic.Limit = topic.Topic switch
        {
            { Utf8.Length: var length } when length > limits.TopicLength => TenantLimit.TopicLength,
            { Utf8: var utf8 } when TopicNames.LevelCount(utf8) > limits.TopicLevels => TenantLimit.TopicLevels,
            _ => null,
        };
        topic.Refusal = topic.Topic switch
        {
            _ when topic.Limit is { } limit => limit.ReasonCode(),
            // The broker's own topics: nobody else publishes there.
            { IsReserved: true, Text: var text } when text.StartsWith("$SYS/", StringComparison.Ordinal) => ReasonCode.NotAuthorized,
            { Text: var text } when !access.MayPublish(text) => ReasonCode.NotAuthorized,
            _ => ReasonCode.Success,
        };
        return topic.Refusal;
    }

    private void CountRefusal(PublishTopic topic)
    {
        connection.Counters.PublishRefused.Increment();
        if (topic.Limit is { } limit)
            connection.EdgeTenant.Tenant.Quotas.Refuse(limit);
    }

    private bool TakeIn(ushort packetIdentifier)
    {
        if (!_received.Add(packetIdentifier))
            return false;
        _changed.Add(packetIdentifier);
        return true;
    }

    /// <summary>Comes before anything is kept of the message: what is refused here the client sends again, as new, in its next connection.</summary>
    private void CheckReceiveMaximum(in PublishPacket packet)
    {
        if (packet.QoS == QualityOfService.AtMostOnce)
            return;
        var heldOver = _heldOver.Contains(packet.PacketIdentifier);
        if (packet.QoS == QualityOfService.ExactlyOnce && _received.Contains(packet.PacketIdentifier) && !heldOver)
            return;
        if (connection.Version == ProtocolVersion.Mqtt5 && _unacknowledged + _received.Count - _heldOver.Count >= connection.ReceiveMaximum)
            throw Refuse(TenantLimit.ReceiveMaximum, $"more than {connection.ReceiveMaximum} messages unacknowledged [MQTT-3.3.4-7]");
        if (packet.QoS == QualityOfService.AtLeastOnce)
            _unacknowledged++;
        else
            _heldOver.Remove(packet.PacketIdentifier);
    }

    private Pending Queue(in PublishPacket packet, Topic topic, Pending pending, long ahead, byte[]? owned)
    {
        var shard = connection.Node.Cluster.ShardOf(connection.EdgeTenant.Tenant.Name, topic);
        while (_batches.Count <= shard)
            _batches.Add(new PublishBatch());
        var propertiesLength = packet.ForwardedPropertiesLength;
        var length = propertiesLength + packet.Payload.Length;
        var (buffer, offset) = owned is not null && propertiesLength == 0 && length > owned.Length / 2
            ? (owned, owned.Length - length)
            : Copy(packet, propertiesLength, length, ahead);
        var expiresAt = packet.MessageExpiryInterval is { } seconds
            ? connection.Node.Time.GetUtcNow().ToUnixTimeMilliseconds() + (seconds * 1000L)
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

    private ValueTask RecordReceivedAsync() => connection.Session.RecordReceivedAsync(
        connection.Epoch,
        [.. _changed.Where(_received.Contains).Distinct()],
        [.. _changed.Where(identifier => !_received.Contains(identifier)).Distinct()]);

    private Exception? Finish(ArrayBufferWriter<byte> replies)
    {
        for (var i = 0; i < _pending.Count; i++)
        {
            var pending = _pending[i];
            if (!IsUnanswerable(pending))
            {
                Finish(pending, replies);
                continue;
            }

            // The client will send them again: they are not repeats of messages that have been received.
            foreach (var unfinished in _pending.Skip(i).Where(p => p.QoS == QualityOfService.ExactlyOnce && p.Batch >= 0))
            {
                _received.Remove(unfinished.PacketIdentifier);
                _changed.RemoveAll(changed => changed == unfinished.PacketIdentifier);
            }

            return _batches[pending.Batch].IsInDoubt(pending.Index)
                ? new StoreUnavailableException("It is not known what became of a message.")
                : new MqttProtocolException(
                    ReasonCode.QuotaExceeded, "PUBLISH: the store takes nothing at the moment, and before MQTT 5 there is no way to say so");
        }

        return null;
    }

    private bool IsUnanswerable(in Pending pending) =>
        pending.Batch >= 0 && pending.QoS > QualityOfService.AtMostOnce && _batches[pending.Batch] is var batch
        && batch.IsNotStored(pending.Index) && (connection.Version < ProtocolVersion.Mqtt5 || batch.IsInDoubt(pending.Index));

    private void Finish(Pending pending, ArrayBufferWriter<byte> replies)
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
                _received.Remove(pending.PacketIdentifier);
            else
                reason = ReasonCode.Success;
        }

        var type = pending.QoS == QualityOfService.AtLeastOnce ? PacketType.PubAck : PacketType.PubRec;
        connection.Reply(replies, new AckPacket(type, pending.PacketIdentifier, reason));
    }

    /// <param name="PacketIdentifier">To be acknowledged, at QoS 1 and 2.</param>
    /// <param name="QoS">Of the PUBLISH.</param>
    /// <param name="Batch">The shard whose batch it is in, or -1.</param>
    /// <param name="Index">Its place in the batch.</param>
    /// <param name="Reason">The answer, when it is in no batch.</param>
    private readonly record struct Pending(ushort PacketIdentifier, QualityOfService QoS, int Batch, int Index, ReasonCode Reason);
}
