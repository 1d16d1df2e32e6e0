using System.Net;
using System.Net.Sockets;
using Starling.Protocol;
using Starling.Testing;

namespace Starling.Fuzzing.Sessions;

/// <summary>One connection of a scenario. Everything that is sent and received goes by the rules.</summary>
internal sealed class FuzzClient : IDisposable
{
    private readonly Socket _socket = new(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
    private readonly ResponseRules _rules;
    private readonly Player _player;
    private readonly Random _random;
    private readonly List<AckPacket> _due = [];
    private byte[] _buffer = new byte[4096];
    private int _buffered;

    public FuzzClient(Player player, ClientStream stream, ResponseRules rules, Random random)
    {
        (_player, Stream, _rules, _random) = (player, stream, rules, random);
    }

    public ClientStream Stream { get; }

    /// <summary>Whether the broker has closed the connection.</summary>
    public bool IsClosed { get; private set; }

    /// <summary>What the client has done gives the broker a reason to close.</summary>
    public bool IsOdd { get; set; }

    public async Task OpenAsync(EndPoint endPoint, CancellationToken cancellation) => await _socket.ConnectAsync(endPoint, cancellation);

    public async Task SendAsync(byte[] bytes, Cutting cutting, CancellationToken cancellation)
    {
        Stream.Sent(bytes);
        // A CONNACK with an assigned identifier needs that much; a connection of before that was not answered may come later, and take over.
        IsOdd |= Stream.HasEnded || Stream.Connect is { MaximumPacketSize: < 100 } || Stream.Session is { IsBlurred: true };
        for (var at = 0; at < bytes.Length && !IsClosed;)
        {
            var length = cutting switch
            {
                Cutting.EachByte => 1,
                Cutting.Random => Math.Min(bytes.Length - at, _random.Next(1, 60 + (bytes.Length / 10))),
                _ => bytes.Length,
            };
            try
            {
                await _socket.SendAsync(bytes.AsMemory(at, length), cancellation);
            }
            catch (SocketException)
            {
                // What the broker has sent before it closed can still be read.
                return;
            }
            at += length;
        }
    }

    /// <summary>Takes what has come, without waiting, and acknowledges it.</summary>
    public async Task PollAsync(CancellationToken cancellation)
    {
        while (!IsClosed && _socket.Poll(0, SelectMode.SelectRead))
            await ReadAsync(cancellation);
        if (_due.Count > 8)
            await AcknowledgeAsync(cancellation);
    }

    /// <summary>Waits until the broker has answered all that was sent, or has closed the connection as it has to.</summary>
    public async Task SettleAsync(CancellationToken cancellation)
    {
        await AcknowledgeAsync(cancellation);
        if (Stream.IsMidPacket)
            return;
        if (!Stream.HasEnded)
            await SendAsync(PingReqPacket.Bytes.ToArray(), Cutting.Whole, cancellation);
        while (!IsClosed && (Stream.HasEnded || Stream.Pings > 0))
            await ReadAsync(cancellation);
        if (IsClosed && !IsOdd)
            throw new FuzzException("a client that did nothing wrong is closed");
    }

    /// <summary>Ends the connection, by FIN or RST.</summary>
    public void Drop()
    {
        if (_random.OneIn(2))
            _socket.LingerState = new LingerOption(true, 0);
        _socket.Dispose();
        IsClosed = true;
    }

    public void Dispose() => _socket.Dispose();

    private async Task ReadAsync(CancellationToken cancellation)
    {
        if (_buffered == _buffer.Length)
            Array.Resize(ref _buffer, _buffer.Length * 2);
        try
        {
            var read = await _socket.ReceiveAsync(_buffer.AsMemory(_buffered), cancellation);
            _buffered += read;
            IsClosed = read == 0;
        }
        catch (SocketException)
        {
            IsClosed = true;
        }
        while (TakePacket() is { } packet)
            React(packet);
        if (_player.Acks is AckStyle.AtOnce or AckStyle.Wrong)
            await AcknowledgeAsync(cancellation);
    }

    private object? TakePacket()
    {
        var bytes = _buffer.AsSpan(0, _buffered);
        var version = Stream.Version;
        if (!Framing.TryReadFixedHeader(bytes, int.MaxValue, out var header, version) || bytes.Length < header.PacketLength)
            return null;
        var packet = bytes[..header.PacketLength].ToArray();
        bytes[header.PacketLength..].CopyTo(_buffer);
        _buffered -= header.PacketLength;
        try
        {
            return _rules.Check(header.Type, packet);
        }
        catch (FuzzException exception)
        {
            throw new FuzzException($"{exception.Message}: {new ReceivedPacket(header.Type, packet, "")} to {_player}", exception);
        }
    }

    private void React(object packet)
    {
        switch (packet)
        {
            case PublishMessage { QoS: > 0 } message:
                _due.Add(new(message.QoS == QualityOfService.AtLeastOnce ? PacketType.PubAck : PacketType.PubRec, message.PacketIdentifier));
                break;
            case AckPacket { Type: PacketType.PubRel } ack:
                _due.Add(new(PacketType.PubComp, ack.PacketIdentifier));
                break;
            case AckPacket { Type: PacketType.PubRec, ReasonCode: < ReasonCode.UnspecifiedError } ack:
                _due.Add(new(PacketType.PubRel, ack.PacketIdentifier));
                break;
        }
    }

    private async Task AcknowledgeAsync(CancellationToken cancellation)
    {
        if (_due.Count == 0 || _player.Acks == AckStyle.Never || Stream.HasEnded || Stream.IsMidPacket)
            return;
        var acks = _due.ToArray();
        _due.Clear();
        if (_player.Acks == AckStyle.Shuffled)
            _random.Shuffle(acks);
        if (_player.Acks == AckStyle.Wrong)
        {
            IsOdd = true;
            acks = Array.ConvertAll(acks, ack => _random.OneIn(2) ? ack : new AckPacket(
                _random.Pick(PacketType.PubAck, PacketType.PubRec, PacketType.PubComp), (ushort)_random.Pick(ack.PacketIdentifier, 1, 60_000)));
        }
        await SendAsync([.. acks.SelectMany(ack => AnyPacket.Encode(ack, Stream.Version))], Cutting.Whole, cancellation);
    }
}
