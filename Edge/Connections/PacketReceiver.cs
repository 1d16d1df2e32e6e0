using System.Buffers;
using System.IO.Pipelines;
using Starling.Broker.Contracts;
using Starling.Broker.Metrics;
using Starling.Edge.Nodes;
using Starling.Protocol;

namespace Starling.Edge.Connections;

/// <summary>
/// Reads a client's packets. A read is gone through in place: messages and acknowledgements are only taken in and are dealt with
/// together at its end, or before a packet that needs more than that (SUBSCRIBE, AUTH, ...), so that everything happens in order.
/// </summary>
internal sealed class PacketReceiver(EdgeConnection connection, PipeReader input, EdgeServices node, AcceptedConnect accepted)
{
    /// <summary>How long a client that is over its tenant's rates is made to wait before it is closed instead.</summary>
    private static readonly TimeSpan MaxPause = TimeSpan.FromSeconds(30);

    /// <summary>A packet larger than this does not wait in the pipe until it is complete.</summary>
    private const int LargePacket = 32 * 1024;

    /// <summary>Bytes of an incomplete packet that count for the keep alive: a client that sends fewer has to complete it in time.</summary>
    private const int Progress = 1000;

    /// <summary>Bytes of control packets that are charged together.</summary>
    private const int MinimumCharge = 1024;

    // Made when there is something for them: most connections are idle most of the time.
    private Replies? _replies;
    private AckReceiver? _acks;
    private List<AckPacket>? _releases;
    private PublishReceiver? _publishes;
    private SubscriptionReceiver? _subscriptions;
    private Reauthentication? _reauthentication;
    private LargeBody? _large;
    private int _packets;
    private int _pings;
    private bool _flushNeeded;
    private bool _ends;
    private bool _touched;
    private long _left;
    private long _dripped;
    private long _unchargedBytes;
    private int _entered;
    private ReadTurn? _turn;

    private SubscriptionReceiver Subscriptions => _subscriptions ??= new SubscriptionReceiver(connection, node.SysTopics);

    private Replies Replies => _replies ??= new Replies(connection);

    private AckReceiver Acks => _acks ??= new AckReceiver(connection, Replies);

    private PublishReceiver Publishes => _publishes ??= new PublishReceiver(connection, Replies, accepted.Session.Received);

    /// <returns>What the session is to be told; null when the connection ended without a DISCONNECT.</returns>
    /// <exception cref="MqttProtocolException">The client has to be told why, and closed.</exception>
    public async Task<SessionDisconnect?> ReceiveAsync()
    {
        while (connection.Closing.Reason is null)
        {
            var result = await input.ReadAsync().ConfigureAwait(false);
            if (result.IsCanceled && connection.Closing.Reason is not null)
            {
                input.AdvanceTo(result.Buffer.Start);
                break;
            }

            _ends = result.IsCompleted;
            _dripped += result.Buffer.Length - _left;
            if (!node.Turns.IsNow(connection.EdgeTenant.Turns))
                await WaitForTurnAsync().ConfigureAwait(false);
            var going = GoThroughAsync(result.Buffer);
            var waits = !going.IsCompleted;
            if (waits)
                connection.SuspendKeepAlive();
            if (await going.ConfigureAwait(false) is { } disconnect)
                return disconnect;
            // Keep alive is about packets ([MQTT-3.1.2-22]); a large one may take its time, but not a byte now and then for ever.
            if (_dripped >= Progress)
            {
                if (waits || !_touched)
                    connection.TouchKeepAlive();
                _dripped = 0;
            }

            if (_ends)
                return null;
            if (connection.Outbox.OwesAnswers)
                await WaitForReaderAsync().ConfigureAwait(false);
            var delay = Charge();
            if (delay > TimeSpan.Zero)
                await ThrottleAsync(delay).ConfigureAwait(false);
        }

        // What the client sent before it connected anew counts: its messages, and above all a DISCONNECT ([MQTT-3.14.4-3]).
        return connection.Closing.IsTakenOver && input.TryRead(out var last) ? await GoThroughAsync(last.Buffer).ConfigureAwait(false) : null;
    }

    /// <summary>The processors have more to do than they can, and other tenants want them, too. The wait is not the client's silence.</summary>
    private async ValueTask WaitForTurnAsync()
    {
        connection.Counters.ReadsDeferred.Increment();
        var turn = _turn ??= new ReadTurn();
        var begun = turn.Prepare();
        var (heard, since) = (connection.LastReceived, connection.Time.GetTimestamp());
        connection.SuspendKeepAlive();
        node.Turns.Wait(connection.EdgeTenant.Turns, turn);
        await begun.ConfigureAwait(false);
        connection.ResumeKeepAlive(heard + (connection.Time.GetTimestamp() - since));
    }

    /// <summary>Charges the tenant's rates for what has been read.</summary>
    /// <returns>How long nothing is to be read.</returns>
    private TimeSpan Charge()
    {
        var delay = _publishes?.TakeDelay() ?? TimeSpan.Zero;
        if (!connection.EdgeTenant.HasIncomingRate)
        {
            _unchargedBytes = 0;
            return delay;
        }

        var messages = _publishes?.TakeUncharged() ?? 0;
        // A client that sends a ping now and then does not wait for those that flood; one that sends nothing but pings does.
        if (messages == 0 && _unchargedBytes < MinimumCharge)
            return delay;
        var wait = connection.EdgeTenant.Tenant.Quotas.DelayIn(messages, _unchargedBytes);
        _unchargedBytes = 0;
        return wait > delay ? wait : delay;
    }

    /// <summary>Does not read for a while, as the tenant's rates ask for.</summary>
    /// <exception cref="MqttProtocolException">MessageRateTooHigh: the tenant is so far over a rate that waiting would be no answer.</exception>
    private async ValueTask ThrottleAsync(TimeSpan delay)
    {
        if (delay <= TimeSpan.Zero)
            return;
        if (delay > MaxPause)
            throw new MqttProtocolException(ReasonCode.MessageRateTooHigh, $"the tenant is {delay.TotalSeconds:F0} s over a rate of messages or bytes");
        connection.Counters.ReadsThrottled.Increment();
        connection.SuspendKeepAlive(delay);
        await Task.Delay(delay, connection.Time, connection.Closing.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    /// <summary>
    /// Reads nothing until the client has taken its answers: each packet could make one more. A client that does not is closed, with
    /// Quota exceeded (0x97).
    /// </summary>
    private async ValueTask WaitForReaderAsync()
    {
        connection.SuspendKeepAlive();
        try
        {
            await connection.Outbox.WhenAnswered()
                .WaitAsync(EdgeNode.SlowReaderPatience, connection.Time, connection.Closing.Token).ConfigureAwait(false);
            connection.TouchKeepAlive();
        }
        catch (TimeoutException)
        {
            connection.CloseSlowReader();
        }
        catch (OperationCanceledException)
        {
            // The connection is told to end.
        }
    }

    /// <summary>Apart from <see cref="ReceiveAsync"/>, so that its state is not kept while a connection waits for its next read.</summary>
    private async ValueTask<SessionDisconnect?> GoThroughAsync(ReadOnlySequence<byte> buffer)
    {
        var length = buffer.Length;
        _touched = false;
        try
        {
            bool more;
            do
            {
                more = Consume(ref buffer, out var packet);
                // Before the packet is answered: with the answer, the keep alive begins anew.
                if (_packets > 0 && !_touched)
                {
                    connection.TouchKeepAlive();
                    _touched = true;
                }

                await CompleteAsync().ConfigureAwait(false);
                if (packet is DisconnectPacket disconnect)
                    return Disconnected(disconnect);
                if (packet is not null)
                    await HandleAsync(packet).ConfigureAwait(false);
            }
            while (more);
            return null;
        }
        catch (MqttProtocolException)
        {
            // What came before the packet that is wrong was right.
            await CompleteAsync().ConfigureAwait(false);
            throw;
        }
        finally
        {
            connection.Counters.PacketsReceived.Add(_packets);
            connection.Counters.BytesReceived.Add(length - buffer.Length);
            _unchargedBytes += length - buffer.Length;
            if (_packets > 0)
                _dripped = Progress;
            _packets = 0;
            _left = buffer.Length;
            var large = _large?.Capacity ?? 0;
            if (large != _entered)
                connection.Ledger.Set(HeldKind.Incoming, _entered = large);
            input.AdvanceTo(buffer.Start, buffer.End);
        }
    }

    /// <summary>Takes in packets up to one that has to be handled by itself, or up to the end of what is there.</summary>
    /// <returns>True when there is such a packet; there may be more behind it.</returns>
    private bool Consume(ref ReadOnlySequence<byte> buffer, out object? packet)
    {
        packet = null;
        while (packet is null)
        {
            if (_large is not null)
            {
                // It may be complete with nothing behind its header.
                if (!_large.Fill(ref buffer))
                    return false;
                packet = Take(_large.Header, _large.Body, buffer.Length, _large.Body);
                _large = null;
                continue;
            }

            if (buffer.IsEmpty)
                return false;
            var consumed = ConsumeSpan(buffer.FirstSpan, buffer.Length, out packet);
            if (consumed > 0)
            {
                buffer = buffer.Slice(consumed);
                continue;
            }

            if (!Framing.TryReadFixedHeader(buffer, accepted.Tenant.Tenant.Options.Limits.PacketSize, out var header, connection.Version))
                return false;
            if (buffer.Length < header.PacketLength && header.PacketLength <= LargePacket)
                return false;
            buffer = buffer.Slice(header.Length);
            _large = new LargeBody(header);
        }

        return true;
    }

    /// <summary>The packets that lie whole within one span.</summary>
    /// <returns>Bytes gone through.</returns>
    private int ConsumeSpan(ReadOnlySpan<byte> span, long ahead, out object? packet)
    {
        packet = null;
        var position = 0;
        var maximum = accepted.Tenant.Tenant.Options.Limits.PacketSize;
        while (packet is null && Framing.TryReadFixedHeader(span[position..], maximum, out var header, connection.Version))
        {
            if (header.PacketLength > span.Length - position)
                break;
            packet = Take(header, span.Slice(position + header.Length, header.RemainingLength), ahead - position);
            position += header.PacketLength;
        }

        return position;
    }

    /// <param name="ahead">Bytes of the read from this packet on.</param>
    /// <param name="owned">The body, where it lies by itself: what is kept of it need not be copied.</param>
    /// <returns>A packet to be handled by itself, or null when it has been taken in.</returns>
    private object? Take(FixedHeader header, ReadOnlySpan<byte> body, long ahead, byte[]? owned = null)
    {
        _packets++;
        switch (header.Type)
        {
            case PacketType.Publish:
                Publishes.Receive(header.Flags, body, ahead, owned);
                return null;
            case PacketType.PubAck or PacketType.PubRec or PacketType.PubComp:
                _flushNeeded |= Acks.Acknowledge(AckPacket.Decode(header.Type, body, connection.Version));
                return null;
            case PacketType.PubRel:
                Release(AckPacket.Decode(header.Type, body, connection.Version));
                return null;
            case PacketType.PingReq:
                PingReqPacket.Decode(body, connection.Version);
                _pings++;
                return null;
            case PacketType.Subscribe:
                return SubscribePacket.Decode(body, connection.Version);
            case PacketType.Unsubscribe:
                return UnsubscribePacket.Decode(body, connection.Version);
            case PacketType.Disconnect:
                return DisconnectPacket.Decode(body, connection.Version);
            case PacketType.Auth:
                return AuthPacket.Decode(body, connection.Version);
            case PacketType.Connect:
                throw new MqttProtocolException(ReasonCode.ProtocolError, "a second CONNECT [MQTT-3.1.0-2]");
            default:
                throw new MqttProtocolException(ReasonCode.ProtocolError, $"a client does not send {header.Type}");
        }
    }

    private void Release(in AckPacket release)
    {
        var known = Publishes.Release(release.PacketIdentifier);
        var reason = known ? ReasonCode.Success : ReasonCode.PacketIdentifierNotFound;
        // Behind the PUBRECs of messages that came before it.
        (_releases ??= []).Add(new AckPacket(PacketType.PubComp, release.PacketIdentifier, reason));
    }

    /// <summary>Deals with what was taken in.</summary>
    private async ValueTask CompleteAsync()
    {
        if (_publishes is { IsEmpty: false })
            await FlushingAsync(_publishes.CompleteAsync()).ConfigureAwait(false);
        if (_releases is { Count: > 0 })
        {
            foreach (var release in _releases)
                Replies.Add(release);
            _releases.Clear();
        }

        if (connection.Outbox.HasSkipped)
            Acks.TakeSkipped();
        if (_acks is { HasInboxAcks: true })
        {
            await FlushingAsync(_acks.CompleteAsync()).ConfigureAwait(false);
            _subscriptions?.InboxAcknowledged();
        }

        if (_replies is not null)
            _flushNeeded |= _replies.Send();

        // Last: the answer to a ping follows all that came before it.
        for (; _pings > 0; _pings--)
            _flushNeeded |= connection.Outbox.SendControl(PingRespPacket.Bytes);

        if (_flushNeeded)
            connection.Outbox.Flush();
        _flushNeeded = false;
    }

    /// <summary>What an acknowledgement made room for is flushed before anything is waited for.</summary>
    private ValueTask FlushingAsync(ValueTask waiting)
    {
        if (_flushNeeded && !waiting.IsCompleted)
        {
            connection.Outbox.Flush();
            _flushNeeded = false;
        }

        return waiting;
    }

    private async ValueTask HandleAsync(object packet)
    {
        switch (packet)
        {
            case SubscribePacket subscribe:
                await Subscriptions.SubscribeAsync(subscribe).ConfigureAwait(false);
                break;
            case UnsubscribePacket unsubscribe:
                await Subscriptions.UnsubscribeAsync(unsubscribe).ConfigureAwait(false);
                break;
            case AuthPacket auth:
                (_reauthentication ??= new Reauthentication(connection, node.Authenticator, accepted.AuthenticationMethod)).Continue(auth);
                break;
        }
    }

    private SessionDisconnect Disconnected(DisconnectPacket packet)
    {
        if (packet.SessionExpiryInterval is > 0 && accepted.SessionExpiry == 0)
            throw new MqttProtocolException(ReasonCode.ProtocolError, "DISCONNECT: a session expiry interval after CONNECT had none [MQTT-3.14.2-2]");
        var expiry = packet.SessionExpiryInterval is { } seconds && accepted.Tenant.Tenant.Options.Limits.SessionExpirySeconds is { } max
            ? Math.Min(seconds, max)
            : packet.SessionExpiryInterval;
        return new SessionDisconnect(PublishWill: packet.ReasonCode != ReasonCode.NormalDisconnection, expiry);
    }
}
