using System.Buffers;
using System.Threading.Channels;
using Starling.Protocol;

namespace Starling.Cli.Client;

/// <summary>
/// One connection to a broker. Publishing waits for the broker's acknowledgement; messages that come in wait for <see cref="ReceiveAsync"/>,
/// at most 100 of them before reading pauses, and are acknowledged by whoever has dealt with them. Any number of threads may use it.
/// </summary>
internal sealed class MqttClient : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    private readonly PacketStream _packets;
    private readonly ProtocolVersion _version;
    private readonly Channel<ReceivedMessage> _messages = Channel.CreateBounded<ReceivedMessage>(100);
    private readonly PendingRequests _requests = new();
    private readonly HashSet<ushort> _incomplete = [];
    private readonly CancellationTokenSource _stop = new();
    private readonly TimeProvider _time;
    private Task _receiving = Task.CompletedTask;
    private Task _pinging = Task.CompletedTask;
    private volatile bool _pingAnswered = true;
    private volatile bool _leaving;

    private MqttClient(PacketStream packets, ProtocolVersion version, ConnAckPacket accepted, TimeProvider time)
    {
        _time = time;
        _packets = packets;
        _version = version;
        Accepted = accepted;
    }

    /// <summary>What the broker answered to the CONNECT.</summary>
    public ConnAckPacket Accepted { get; }

    /// <exception cref="MqttClientException">The broker can't be reached or refuses.</exception>
    public static async Task<MqttClient> ConnectAsync(
        Endpoint endpoint, ConnectPacket connect, TimeProvider time, CancellationToken cancellation, Action<string>? trace = null)
    {
        var packets = new PacketStream(await OpenAsync(endpoint, cancellation), connect.ProtocolVersion, trace);
        try
        {
            await packets.SendAsync(writer => connect.Encode(writer), cancellation);
            var (header, body) = await packets.ReadAsync(cancellation);
            if (header.Type != PacketType.ConnAck)
                throw new MqttClientException($"the broker answered CONNECT with {header.Type}");
            var accepted = ConnAckPacket.Decode(body, connect.ProtocolVersion);
            if (accepted.ReasonCode != ReasonCode.Success)
                throw MqttClientException.Because($"{endpoint} refused the connection", accepted.ReasonCode, accepted.ReasonString);
            var client = new MqttClient(packets, connect.ProtocolVersion, accepted, time);
            client.Start(TimeSpan.FromSeconds(accepted.ServerKeepAlive ?? connect.KeepAlive));
            return client;
        }
        catch
        {
            await packets.DisposeAsync();
            throw;
        }
    }

    /// <summary>Sends a message; above QoS 0, returns when the broker has taken it over.</summary>
    /// <exception cref="MqttClientException">The broker refused it, or is gone.</exception>
    public async Task PublishAsync(OutgoingMessage message, CancellationToken cancellation)
    {
        if (message.QoS == QualityOfService.AtMostOnce)
        {
            await SendAsync(writer => message.Encode(writer, _version, 0), cancellation);
            return;
        }
        var answer = (AckPacket)await RequestAsync((writer, id) => message.Encode(writer, _version, id), cancellation);
        if (answer.ReasonCode >= ReasonCode.UnspecifiedError)
            throw MqttClientException.Because($"the broker refused the message to '{message.Topic}'", answer.ReasonCode, answer.ReasonString);
    }

    /// <exception cref="MqttClientException">The broker refused one of them, or is gone.</exception>
    public async Task SubscribeAsync(SubscribePacket subscribe, CancellationToken cancellation)
    {
        var subscriptions = subscribe.Subscriptions;
        var answer = (SubAckPacket)await RequestAsync(
            (writer, id) => (subscribe with { PacketIdentifier = id }).Encode(writer, _version), cancellation);
        if (answer.ReasonCodes.Count != subscriptions.Count)
            throw new MqttClientException($"the broker answered {subscriptions.Count} subscriptions with {answer.ReasonCodes.Count} reason codes");
        for (var i = 0; i < subscriptions.Count; i++)
        {
            if (answer.ReasonCodes[i] >= ReasonCode.UnspecifiedError)
                throw MqttClientException.Because($"the broker refused the subscription to '{subscriptions[i].TopicFilter}'", answer.ReasonCodes[i], answer.ReasonString);
        }
    }

    /// <exception cref="MqttClientException">The broker is gone.</exception>
    public Task UnsubscribeAsync(UnsubscribePacket unsubscribe, CancellationToken cancellation) => RequestAsync(
        (writer, id) => (unsubscribe with { PacketIdentifier = id }).Encode(writer, _version), cancellation);

    /// <summary>The next message that came in.</summary>
    /// <exception cref="MqttClientException">There is none left, and the connection is gone.</exception>
    public async Task<ReceivedMessage> ReceiveAsync(CancellationToken cancellation)
    {
        try
        {
            return await _messages.Reader.ReadAsync(cancellation);
        }
        catch (ChannelClosedException closed)
        {
            var reason = closed.GetBaseException();
            throw new MqttClientException(reason.Message, reason);
        }
    }

    /// <summary>Tells the broker that a message was dealt with.</summary>
    public async Task AcknowledgeAsync(ReceivedMessage message, CancellationToken cancellation)
    {
        if (message.QoS == QualityOfService.AtMostOnce)
            return;
        var type = message.QoS == QualityOfService.AtLeastOnce ? PacketType.PubAck : PacketType.PubRec;
        await SendAckAsync(new(type, message.PacketIdentifier), cancellation);
    }

    /// <summary>
    /// Says goodbye, so that no will is published, and waits a little for the broker to close: closing here with something unread would
    /// reset the connection and could take away from the broker what was sent last.
    /// </summary>
    /// <param name="goodbye">What is said.</param>
    /// <param name="cancellation">Gives up waiting.</param>
    public async Task DisconnectAsync(DisconnectPacket goodbye, CancellationToken cancellation)
    {
        _leaving = true;
        while (_messages.Reader.TryRead(out _))
        {
        }
        await SendAsync(writer => goodbye.Encode(writer, _version), cancellation);
        await Task.WhenAny(_receiving, Task.Delay(Patience, _time, cancellation));
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await Task.WhenAll(_receiving, _pinging);
        await _packets.DisposeAsync();
        _stop.Dispose();
    }

    private static async Task<Stream> OpenAsync(Endpoint endpoint, CancellationToken cancellation)
    {
        try
        {
            return await Transport.OpenAsync(endpoint, cancellation);
        }
        catch (Exception error) when (error is not OperationCanceledException)
        {
            throw new MqttClientException($"can't connect to {endpoint}: {error.GetBaseException().Message}", error);
        }
    }

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
                _requests.Complete(granted.PacketIdentifier, granted);
                break;
            case PacketType.UnsubAck:
                var removed = UnsubAckPacket.Decode(body.Span, _version);
                _requests.Complete(removed.PacketIdentifier, removed);
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
                _requests.Complete(ack.PacketIdentifier, ack);
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
        var (id, answer) = _requests.Begin();
        await SendAsync(writer => encode(writer, id), cancellation);
        return await answer.WaitAsync(cancellation);
    }

    private Task SendAckAsync(AckPacket ack, CancellationToken cancellation) =>
        SendAsync(writer => ack.Encode(writer, _version), cancellation);

    private async Task SendAsync(Action<IBufferWriter<byte>> encode, CancellationToken cancellation)
    {
        if (_requests.Failure is { } failure)
            throw new MqttClientException(failure.Message, failure);
        await _packets.SendAsync(encode, cancellation);
    }

    private void Fail(Exception error) => _messages.Writer.TryComplete(_requests.Fail(error));
}
