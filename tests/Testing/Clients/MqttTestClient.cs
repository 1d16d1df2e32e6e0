using Starling.Protocol;

namespace Starling.Testing;

/// <summary>
/// A client that does nothing by itself and hides nothing: it sends the bytes it is given and shows every packet that comes, in order.
/// Each wait ends after <see cref="Patience"/> with a message that says what was expected. For one test flow at a time.
/// </summary>
public sealed partial class MqttTestClient : IAsyncDisposable
{
    private readonly Stream _stream;
    private readonly Queue<ReceivedPacket> _postponed = [];
    private byte[] _buffer = new byte[4096];
    private int _buffered;

    /// <param name="stream">Owned: disposed of with the client.</param>
    /// <param name="version">How packets are encoded and decoded.</param>
    public MqttTestClient(Stream stream, ProtocolVersion version = ProtocolVersion.Mqtt5)
    {
        _stream = stream;
        Version = version;
    }

    public ProtocolVersion Version { get; }

    /// <summary>How long a wait may take before it fails: far longer than anything takes, on a machine that is busy with other things, too.</summary>
    public TimeSpan Patience { get; set; } = TimeSpan.FromSeconds(60);

    /// <summary>Sends bytes as they are, valid or not.</summary>
    public async Task SendAsync(byte[] raw)
    {
        using var timeout = new CancellationTokenSource(Patience);
        await _stream.WriteAsync(raw, timeout.Token);
        await _stream.FlushAsync(timeout.Token);
    }

    /// <summary>Sends a packet: one of the protocol's, or a <see cref="PublishMessage"/>.</summary>
    public Task SendAsync(object packet) => SendAsync(AnyPacket.Encode(packet, Version));

    /// <summary>The next packet.</summary>
    /// <exception cref="UnexpectedException">None came in time, the connection was closed, or what came is not valid.</exception>
    public Task<ReceivedPacket> ReceiveAsync() => ReceiveAsync("a packet");

    /// <summary>The next packet, which has to be of this kind.</summary>
    /// <typeparam name="T">One of the protocol's packets or <see cref="PublishMessage"/>.</typeparam>
    public async Task<T> ExpectAsync<T>()
    {
        var received = await ReceiveAsync(typeof(T).Name);
        return received.Packet is T packet ? packet : throw new UnexpectedException($"expected {typeof(T).Name}, got {received}");
    }

    /// <summary>The server closes the connection, in whatever way, and sends nothing before.</summary>
    public async Task ExpectClosedAsync()
    {
        if (await TryReceiveAsync("the connection to be closed") is { } received)
            throw new UnexpectedException($"expected the connection to be closed, got {received}");
    }

    /// <summary>The server says why it closes the connection, in MQTT 5, and does it.</summary>
    public async Task ExpectDisconnectedAsync(ReasonCode reasonCode)
    {
        if (Version == ProtocolVersion.Mqtt5)
        {
            var disconnect = await ExpectAsync<DisconnectPacket>();
            if (disconnect.ReasonCode != reasonCode)
                throw new UnexpectedException($"expected DISCONNECT with {reasonCode}, got {disconnect}");
        }
        await ExpectClosedAsync();
    }

    /// <summary>Nothing is on its way: the answer to a PINGREQ is the next packet to come.</summary>
    public async Task ExpectNothingAsync()
    {
        await SendAsync(new PingReqPacket());
        var received = await ReceiveAsync("nothing before PINGRESP");
        if (received.Type != PacketType.PingResp)
            throw new UnexpectedException($"expected nothing before PINGRESP, got {received}");
    }

    /// <summary>Closes the connection without DISCONNECT.</summary>
    public ValueTask DisposeAsync() => _stream.DisposeAsync();

    private async Task<ReceivedPacket> ReceiveAsync(string expected) =>
        await TryReceiveAsync(expected) ?? throw new UnexpectedException($"expected {expected}, the connection was closed");

    /// <summary>Null when the connection is closed.</summary>
    private async Task<ReceivedPacket?> TryReceiveAsync(string expected)
    {
        if (_postponed.TryDequeue(out var postponed))
            return postponed;
        using var timeout = new CancellationTokenSource(Patience);
        try
        {
            while (true)
            {
                if (TakePacket() is { } received)
                    return received;
                if (!await FillAsync(timeout.Token))
                    return null;
            }
        }
        catch (OperationCanceledException)
        {
            throw new UnexpectedException($"expected {expected}, nothing came within {Patience.TotalSeconds:0.###} s");
        }
    }

    private ReceivedPacket? TakePacket()
    {
        var bytes = _buffer.AsSpan(0, _buffered);
        try
        {
            if (!Framing.TryReadFixedHeader(bytes, int.MaxValue, out var header, Version) || bytes.Length < header.PacketLength)
                return null;
            var packet = bytes[..header.PacketLength].ToArray();
            bytes[header.PacketLength..].CopyTo(_buffer);
            _buffered -= header.PacketLength;
            return new(header.Type, packet, AnyPacket.Decode(packet, Version, PublishSender.Server));
        }
        catch (MqttProtocolException exception)
        {
            throw new UnexpectedException($"the server sent an invalid packet: {Convert.ToHexString(bytes)}", exception);
        }
    }

    /// <summary>False when the connection is closed.</summary>
    private async Task<bool> FillAsync(CancellationToken cancellationToken)
    {
        if (_buffered == _buffer.Length)
            Array.Resize(ref _buffer, _buffer.Length * 2);
        try
        {
            var read = await _stream.ReadAsync(_buffer.AsMemory(_buffered), cancellationToken);
            _buffered += read;
            return read > 0;
        }
        catch (Exception exception) when (exception is IOException or System.Net.WebSockets.WebSocketException or ObjectDisposedException)
        {
            return false;
        }
    }
}
