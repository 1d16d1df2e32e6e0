using System.Buffers;
using System.IO.Pipelines;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Net.WebSockets;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Starling.Protocol;

namespace Starling.Cli.Tests;

/// <summary>Serves one connection on loopback, as far as a client needs it, and keeps what the client sent.</summary>
internal sealed class StubBroker : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly HttpListener? _web;
    private readonly Socket? _unix;
    private readonly Task _serving;

    public StubBroker(X509Certificate2? certificate = null, bool webSocket = false, string? unixSocket = null)
    {
        if (unixSocket is not null)
        {
            _unix = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            _unix.Bind(new UnixDomainSocketEndPoint(unixSocket));
            _unix.Listen();
        }

        _listener.Start();
        Port = ((IPEndPoint)_listener.LocalEndpoint).Port;
        if (webSocket)
        {
            _listener.Stop();
            _web = new() { Prefixes = { $"http://localhost:{Port}/mqtt/" } };
            _web.Start();
        }
        _serving = ServeAsync(certificate);
    }

    public int Port { get; }

    public ConnectPacket? Connect { get; private set; }

    public List<(string Topic, string Payload, QualityOfService QoS, bool Retain, PublishProperties Properties)> Published { get; } = [];

    public List<SubscriptionRequest> Subscriptions { get; } = [];

    public List<string> Unsubscribed { get; } = [];

    public SubscribePacket? Subscribe { get; private set; }

    /// <summary>How the client said goodbye.</summary>
    public DisconnectPacket? Left { get; private set; }

    public List<AckPacket> Acks { get; } = [];

    public bool SaidGoodbye { get; private set; }

    public ConnAckPacket ConnAck { get; init; } = new();

    public ReasonCode PublishReason { get; init; }

    public ReasonCode? SubscribeReason { get; init; }

    /// <summary>Sent to the client after its SUBSCRIBE.</summary>
    public (string Topic, string Payload, QualityOfService QoS, bool Retain, PublishProperties Properties)[] Deliveries { get; init; } = [];

    /// <summary>Sent after the deliveries.</summary>
    public DisconnectPacket? Goodbye { get; init; }

    /// <summary>What happened is complete after this.</summary>
    public async ValueTask DisposeAsync()
    {
        _listener.Stop();
        _unix?.Dispose();
        await _serving.WaitAsync(TimeSpan.FromSeconds(60));
        (_web as IDisposable)?.Dispose();
    }

    private async Task ServeAsync(X509Certificate2? certificate)
    {
        try
        {
            await using var stream = _web is null ? await AcceptAsync(certificate) : await AcceptWebSocketAsync(_web);
            await TalkAsync(stream);
        }
        catch (Exception error) when (error is IOException or SocketException or ObjectDisposedException or System.Security.Authentication.AuthenticationException)
        {
            // The client went away, or none came.
        }
    }

    private async Task<Stream> AcceptAsync(X509Certificate2? certificate)
    {
        var stream = new NetworkStream(await (_unix?.AcceptAsync() ?? _listener.AcceptSocketAsync()), ownsSocket: true);
        if (certificate is null)
            return stream;
        var secure = new SslStream(stream);
        await secure.AuthenticateAsServerAsync(certificate);
        return secure;
    }

    private static async Task<Stream> AcceptWebSocketAsync(HttpListener web)
    {
        var request = await web.GetContextAsync();
        var socket = await request.AcceptWebSocketAsync("mqtt");
        return WebSocketStream.Create(socket.WebSocket, WebSocketMessageType.Binary, TimeSpan.FromSeconds(1));
    }

    private async Task TalkAsync(Stream stream)
    {
        var reader = PipeReader.Create(stream);
        while (!SaidGoodbye)
        {
            var result = await reader.ReadAsync();
            var rest = result.Buffer;
            var version = Connect?.ProtocolVersion ?? ProtocolVersion.Mqtt5;
            var answers = new ArrayBufferWriter<byte>();
            while (Framing.TryReadFixedHeader(rest, int.MaxValue, out var header, version) && rest.Length >= header.PacketLength)
            {
                Handle(header, rest.Slice(header.Length, header.RemainingLength).ToArray(), version, answers);
                rest = rest.Slice(header.PacketLength);
            }
            reader.AdvanceTo(rest.Start, rest.End);
            if (answers.WrittenCount > 0)
                await stream.WriteAsync(answers.WrittenMemory);
            if (result.IsCompleted)
                return;
        }
    }

    private void Handle(FixedHeader header, byte[] body, ProtocolVersion version, IBufferWriter<byte> answer)
    {
        switch (header.Type)
        {
            case PacketType.Connect:
                Connect = ConnectPacket.Decode(body);
                ConnAck.Encode(answer, Connect.ProtocolVersion);
                break;
            case PacketType.Publish:
                Take(PublishPacket.Decode(header.Flags, body, version, PublishSender.Client), version, answer);
                break;
            case PacketType.Subscribe:
                var subscribe = SubscribePacket.Decode(body, version);
                Subscribe = subscribe;
                Subscriptions.AddRange(subscribe.Subscriptions);
                var codes = subscribe.Subscriptions.Select(request => SubscribeReason ?? (ReasonCode)request.Options.MaximumQoS);
                new SubAckPacket { PacketIdentifier = subscribe.PacketIdentifier, ReasonCodes = [.. codes] }.Encode(answer, version);
                Deliver(version, answer);
                break;
            case PacketType.PubAck or PacketType.PubRec or PacketType.PubRel or PacketType.PubComp:
                Take(AckPacket.Decode(header.Type, body, version), version, answer);
                break;
            case PacketType.Unsubscribe:
                var unsubscribe = UnsubscribePacket.Decode(body, version);
                Unsubscribed.AddRange(unsubscribe.TopicFilters);
                new UnsubAckPacket
                {
                    PacketIdentifier = unsubscribe.PacketIdentifier,
                    ReasonCodes = [.. unsubscribe.TopicFilters.Select(_ => ReasonCode.Success)],
                }.Encode(answer, version);
                break;
            case PacketType.Disconnect:
                Left = DisconnectPacket.Decode(body, version);
                SaidGoodbye = true;
                break;
            case PacketType.PingReq:
                answer.Write(PingRespPacket.Bytes);
                break;
        }
    }

    private void Take(PublishPacket packet, ProtocolVersion version, IBufferWriter<byte> answer)
    {
        var properties = PublishProperties.Parse(packet.RawProperties);
        Published.Add((Encoding.UTF8.GetString(packet.Topic), Encoding.UTF8.GetString(packet.Payload), packet.QoS, packet.Retain, properties));
        if (packet.QoS == QualityOfService.AtMostOnce)
            return;
        var type = packet.QoS == QualityOfService.AtLeastOnce ? PacketType.PubAck : PacketType.PubRec;
        new AckPacket(type, packet.PacketIdentifier, PublishReason).Encode(answer, version);
    }

    private void Take(AckPacket ack, ProtocolVersion version, IBufferWriter<byte> answer)
    {
        Acks.Add(ack);
        if (ack.Type == PacketType.PubRel)
            new AckPacket(PacketType.PubComp, ack.PacketIdentifier).Encode(answer, version);
        if (ack.Type == PacketType.PubRec)
            new AckPacket(PacketType.PubRel, ack.PacketIdentifier).Encode(answer, version);
    }

    private void Deliver(ProtocolVersion version, IBufferWriter<byte> answer)
    {
        ushort id = 0;
        foreach (var (topic, payload, qos, retain, properties) in Deliveries)
        {
            var head = new PublishHead
            {
                Version = version,
                QoS = qos,
                Retain = retain,
                Topic = Encoding.UTF8.GetBytes(topic),
                PacketIdentifier = qos == QualityOfService.AtMostOnce ? (ushort)0 : ++id,
                MessageExpiryInterval = properties.MessageExpiryInterval,
                ForwardedProperties = properties.EncodeForwarded(),
                PayloadLength = Encoding.UTF8.GetByteCount(payload),
            };
            answer.Advance(head.Write(answer.GetSpan(head.Length)));
            answer.Write(Encoding.UTF8.GetBytes(payload));
        }
        Goodbye?.Encode(answer, version);
    }
}
