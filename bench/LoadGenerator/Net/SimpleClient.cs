using System.Buffers.Binary;
using System.Net.Sockets;
using Starling.LoadGenerator.Wire;

namespace Starling.LoadGenerator.Net;

/// <summary>
/// A client that does one thing after the other, for what is prepared before and for scenarios with one connection. Everything takes
/// thirty seconds at most.
/// </summary>
internal sealed class SimpleClient : IDisposable
{
    private const int PublishedAtOnce = 500;
    private const int Patience = 30_000; // milliseconds

    private readonly Socket _socket;
    private readonly Login _login;
    private readonly byte[] _buffer = new byte[256 * 1024];
    private readonly List<byte> _answers = [];
    private int _start;
    private int _end;

    private SimpleClient(Socket socket, Login login)
    {
        _socket = socket;
        _login = login;
        _socket.ReceiveTimeout = _socket.SendTimeout = Patience;
    }

    /// <exception cref="SocketException">No connection, or no answer.</exception>
    /// <exception cref="InvalidDataException">Refused.</exception>
    public static SimpleClient Connect(Dialer dialer, Login login, string clientId, bool keepSession = false)
    {
        var client = new SimpleClient(dialer.Open(), login);
        client.Send(FrameBuilder.Connect(login, clientId, keepSession));
        client.Expect(Frame.ConnAck, body => body[1] == 0);
        return client;
    }

    public void Subscribe(IReadOnlyList<string> filters, int qos)
    {
        Send(FrameBuilder.Subscribe(_login, 1, filters, qos));
        Expect(Frame.SubAck, body => body[^filters.Count..].IndexOfAnyInRange((byte)0x80, (byte)0xFF) < 0);
    }

    /// <summary>Sends SUBSCRIBE without waiting for the answer, which comes between the messages.</summary>
    public void BeginSubscribe(string filter, int qos) => Send(FrameBuilder.Subscribe(_login, 1, [filter], qos));

    /// <summary>Publishes with QoS 1: message <c>i</c>, numbered so, to <paramref name="topic"/><c>(i)</c>. Returns when all are acknowledged.</summary>
    public void Publish(int count, Func<int, string> topic, int payloadLength, bool retain)
    {
        List<byte> batch = [];
        for (var i = 0; i < count;)
        {
            batch.Clear();
            var first = i;
            for (; i < count && i - first < PublishedAtOnce; i++)
            {
                var (frame, packetId, payload) = FrameBuilder.Publish(_login, topic(i), 1, payloadLength, retain);
                BinaryPrimitives.WriteUInt16BigEndian(frame.AsSpan(packetId), (ushort)(1 + i - first));
                new Stamp(i, 0, 0).Write(ref frame[payload]);
                batch.AddRange(frame);
            }

            Send([.. batch]);
            for (var acknowledged = first; acknowledged < i; acknowledged++)
                Expect(Frame.PubAck, body => body.Length < 3 || body[2] < 0x80);
        }
    }

    /// <summary>Reads messages, and acknowledges those of QoS 1 each time all that was read is used up.</summary>
    /// <param name="take">Gets the sequence numbers; false ends.</param>
    public void Receive(Func<long, bool> take)
    {
        for (var more = true; more;)
        {
            var bytes = Next(out var frame);
            if (frame.Type == Frame.Publish)
            {
                more = take(Stamp.Read(in bytes[frame.PayloadOffset(bytes, _login.Version == 5, out var packetId)]).Sequence);
                if (packetId != 0)
                    _answers.AddRange([Frame.PubAck << 4, 2, (byte)(packetId >> 8), (byte)packetId]);
            }
            else if (frame.Type == Frame.SubAck && bytes[^1] >= 0x80)
                throw new InvalidDataException($"SUBSCRIBE refused, code {bytes[^1]}");
        }

        Answer();
    }

    /// <summary>DISCONNECT and wait for the broker to close, in whatever way.</summary>
    public void Disconnect()
    {
        Send(FrameBuilder.Disconnect());
        try
        {
            while (_socket.Receive(_buffer) > 0)
            {
            }
        }
        catch (SocketException e) when (e.SocketErrorCode == SocketError.ConnectionReset)
        {
        }
    }

    public void Dispose() => _socket.Dispose();

    private delegate bool Check(ReadOnlySpan<byte> body);

    private void Expect(int type, Check check)
    {
        var bytes = Next(out var frame);
        if (frame.Type != type || !check(bytes[frame.Body..]))
            throw new InvalidDataException($"Unexpected answer {Convert.ToHexString(bytes[..Math.Min(16, bytes.Length)])}");
    }

    private ReadOnlySpan<byte> Next(out Frame frame)
    {
        while (!Frame.TryRead(_buffer.AsSpan(_start.._end), out frame))
        {
            Answer();
            _buffer.AsSpan(_start.._end).CopyTo(_buffer);
            (_start, _end) = (0, _end - _start);
            var read = _socket.Receive(_buffer.AsSpan(_end));
            if (read == 0)
                throw new InvalidDataException("The broker closed the connection.");
            _end += read;
        }

        _start += frame.Length;
        return _buffer.AsSpan(_start - frame.Length, frame.Length);
    }

    private void Answer()
    {
        if (_answers.Count == 0)
            return;
        Send([.. _answers]);
        _answers.Clear();
    }

    private void Send(byte[] bytes)
    {
        for (var sent = 0; sent < bytes.Length;)
            sent += _socket.Send(bytes.AsSpan(sent));
    }
}
