using System.Net;
using System.Net.Sockets;
using Starling.Protocol;
using Starling.Testing;

namespace Starling.Durability.Clients;

/// <summary>A connection to the broker, for one flow of one client at a time.</summary>
internal sealed class Link : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly NetworkStream _stream;
    private readonly ProtocolVersion _version;
    private byte[] _buffer = new byte[16 * 1024];
    private int _start;
    private int _end;
    private Task<int>? _reading;

    private Link(NetworkStream stream, ProtocolVersion version) => (_stream, _version) = (stream, version);

    /// <summary>For messages: from which port to which.</summary>
    public string Name { get; private init; } = "";

    /// <exception cref="LinkLostException">Nobody listens.</exception>
    public static async Task<Link> OpenAsync(int port, ProtocolVersion version)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            using var timeout = new CancellationTokenSource(Patience);
            await socket.ConnectAsync(new IPEndPoint(IPAddress.Loopback, port), timeout.Token);
            return new Link(new NetworkStream(socket, ownsSocket: true), version) { Name = $"{socket.LocalEndPoint} to {socket.RemoteEndPoint}" };
        }
        catch (Exception error) when (error is SocketException or IOException or OperationCanceledException)
        {
            socket.Dispose();
            throw new LinkLostException("no connection", error);
        }
    }

    /// <summary>Sends packets in one piece.</summary>
    /// <exception cref="LinkLostException">The connection is gone, or the broker has not read for a long time.</exception>
    public async Task SendAsync(params IReadOnlyList<object> packets)
    {
        byte[] bytes = packets.Count == 1 ? AnyPacket.Encode(packets[0], _version) : [.. packets.SelectMany(packet => AnyPacket.Encode(packet, _version))];
        try
        {
            using var timeout = new CancellationTokenSource(Patience);
            await _stream.WriteAsync(bytes, timeout.Token);
        }
        catch (Exception error) when (error is IOException or OperationCanceledException)
        {
            throw new LinkLostException("could not be written to", error);
        }
    }

    /// <summary>The next packet, which has to come.</summary>
    /// <exception cref="LinkLostException">The connection is gone, what came is no packet, or nothing came for a long time.</exception>
    public async ValueTask<object> ReceiveAsync() => await ReceiveAsync(Patience) ?? throw new LinkLostException("nothing came");

    /// <summary>The next packet, or null when none comes in time.</summary>
    /// <exception cref="LinkLostException">The connection is gone, or what came is no packet.</exception>
    public async ValueTask<object?> ReceiveAsync(TimeSpan wait)
    {
        var until = Environment.TickCount64 + (long)wait.TotalMilliseconds;
        while (true)
        {
            if (_reading is null && TakePacket() is { } packet)
                return packet;
            _reading ??= _stream.ReadAsync(Room()).AsTask();
            if (!await EndsAsync(_reading, until - Environment.TickCount64))
                return null;
            try
            {
                var read = await _reading;
                _end += read > 0 ? read : throw new LinkLostException("closed");
            }
            catch (IOException error)
            {
                throw new LinkLostException("closed", error);
            }
            _reading = null;
        }
    }

    public ValueTask DisposeAsync() => _stream.DisposeAsync();

    private static async ValueTask<bool> EndsAsync(Task task, long milliseconds)
    {
        if (task.IsCompleted)
            return true;
        if (milliseconds <= 0)
            return false;
        using var ended = new CancellationTokenSource();
        await Task.WhenAny(task, Task.Delay(TimeSpan.FromMilliseconds(milliseconds), ended.Token));
        await ended.CancelAsync();
        return task.IsCompleted;
    }

    private Memory<byte> Room()
    {
        if (_start > 0)
        {
            _buffer.AsSpan(_start, _end - _start).CopyTo(_buffer);
            (_start, _end) = (0, _end - _start);
        }
        if (_end == _buffer.Length)
            Array.Resize(ref _buffer, _buffer.Length * 2);
        return _buffer.AsMemory(_end);
    }

    private object? TakePacket()
    {
        var bytes = _buffer.AsSpan(_start, _end - _start);
        try
        {
            if (!Framing.TryReadFixedHeader(bytes, int.MaxValue, out var header, _version) || bytes.Length < header.PacketLength)
                return null;
            _start += header.PacketLength;
            return AnyPacket.Decode(bytes[..header.PacketLength].ToArray(), _version, PublishSender.Server);
        }
        catch (MqttProtocolException error)
        {
            throw new LinkLostException("the broker sent what is no packet", error);
        }
    }
}
