using System.Buffers;
using Starling.Protocol;

namespace Starling.Cli.Client;

/// <summary>What goes on while the connection is up: answers, messages, keep alive.</summary>
internal sealed partial class MqttClient
{
    private void Start(TimeSpan keepAlive)
    {
        _receiving = ListenAsync();
        _pinging = keepAlive == TimeSpan.Zero ? Task.CompletedTask : PingAsync(keepAlive);
    }

    private async Task ListenAsync()
    {
        try
        {
            while (true)
            {
                var (header, body) = await _packets.ReadAsync(_stop.Token);
                await HandleAsync(header, body);
            }
        }
        catch (Exception error)
        {
            Fail(_stop.IsCancellationRequested ? new MqttClientException("the connection was closed here") : error);
        }
    }

    private async ValueTask HandleAsync(FixedHeader header, ReadOnlyMemory<byte> body)
    {
        switch (header.Type)
        {
            case PacketType.Publish:
                await TakeAsync(ReceivedMessage.From(PublishPacket.Decode(header.Flags, body.Span, _version, PublishSender.Server)));
                break;
            case PacketType.PubAck or PacketType.PubRec or PacketType.PubRel or PacketType.PubComp:
                await TakeAsync(AckPacket.Decode(header.Type, body.Span, _version));
                break;
            case PacketType.SubAck:
                var granted = SubAckPacket.Decode(body.Span, _version);
                Answer(granted.PacketIdentifier, granted);
                break;
            case PacketType.PingResp:
                _pingAnswered = true;
                break;
            case PacketType.Disconnect:
                var goodbye = DisconnectPacket.Decode(body.Span, _version, PublishSender.Server);
                throw MqttClientException.Because("the broker closed the connection", goodbye.ReasonCode, goodbye.ReasonString);
            default:
                throw new MqttClientException($"the broker sent {header.Type}, which nobody asked for");
        }
    }

    private async ValueTask TakeAsync(ReceivedMessage message)
    {
        if (!_leaving && (message.QoS != QualityOfService.ExactlyOnce || _incomplete.Add(message.PacketIdentifier)))
            await _messages.Writer.WriteAsync(message, _stop.Token);
    }

    private async ValueTask TakeAsync(AckPacket ack)
    {
        switch (ack.Type)
        {
            case PacketType.PubRec when ack.ReasonCode < ReasonCode.UnspecifiedError:
                await SendAckAsync(new(PacketType.PubRel, ack.PacketIdentifier), _stop.Token);
                break;
            case PacketType.PubRel:
                _incomplete.Remove(ack.PacketIdentifier);
                await SendAckAsync(new(PacketType.PubComp, ack.PacketIdentifier), _stop.Token);
                break;
            default:
                Answer(ack.PacketIdentifier, ack);
                break;
        }
    }

    /// <summary>Pings each half keep alive and gives up when an answer takes longer than that.</summary>
    private async Task PingAsync(TimeSpan keepAlive)
    {
        using var timer = new PeriodicTimer(keepAlive / 2, _time);
        try
        {
            while (await timer.WaitForNextTickAsync(_stop.Token))
            {
                if (!_pingAnswered)
                    throw new MqttClientException("the broker does not answer any more");
                _pingAnswered = false;
                await SendAsync(static writer => writer.Write(PingReqPacket.Bytes), _stop.Token);
            }
        }
        catch (Exception error)
        {
            Fail(error);
        }
    }

    private async Task<object> RequestAsync(Action<IBufferWriter<byte>, ushort> encode, CancellationToken cancellation)
    {
        var answer = new TaskCompletionSource<object>(TaskCreationOptions.RunContinuationsAsynchronously);
        ushort id;
        do
            id = (ushort)Interlocked.Increment(ref _lastIdentifier);
        while (id == 0 || !_pending.TryAdd(id, answer));
        await SendAsync(writer => encode(writer, id), cancellation);
        if (_failure is { } failure)
            answer.TrySetException(failure);
        return await answer.Task.WaitAsync(cancellation);
    }

    private void Answer(ushort id, object packet)
    {
        if (_pending.TryRemove(id, out var waiting))
            waiting.TrySetResult(packet);
    }

    private Task SendAckAsync(AckPacket ack, CancellationToken cancellation) =>
        SendAsync(writer => ack.Encode(writer, _version), cancellation);

    private async Task SendAsync(Action<IBufferWriter<byte>> encode, CancellationToken cancellation)
    {
        if (_failure is { } failure)
            throw new MqttClientException(failure.Message, failure);
        await _packets.SendAsync(encode, cancellation);
    }

    private void Fail(Exception error)
    {
        _failure ??= error;
        _messages.Writer.TryComplete(_failure);
        foreach (var id in _pending.Keys)
        {
            if (_pending.TryRemove(id, out var waiting))
                waiting.TrySetException(_failure);
        }
    }
}
