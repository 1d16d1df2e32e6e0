using System.Buffers.Binary;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using Starling.LoadGenerator.Net;
using Starling.LoadGenerator.Statistics;
using Starling.LoadGenerator.Wire;

namespace Starling.LoadGenerator.Traffic;

/// <summary>
/// A client's connection, once it is open. It belongs to one <see cref="Worker"/> and runs on its thread: connects, subscribes,
/// publishes, checks what comes and acknowledges it. Idle, it keeps no buffer.
/// </summary>
internal sealed class Client : IDisposable
{
    private readonly Socket _socket;
    private readonly int _handle;
    private readonly ClientPlan _plan;
    private readonly Login _login;
    private readonly Worker _worker;
    private readonly Publisher? _publisher;
    private byte[] _partial = [];
    private int _partialLength;
    private byte[] _control = [];
    private int _controlStart;
    private int _controlEnd;

    public Client(Socket socket, ClientPlan plan, Login login, Worker worker)
    {
        _socket = socket;
        _handle = (int)socket.Handle;
        _plan = plan;
        _login = login;
        _worker = worker;
        _publisher = plan.Publisher;
        SendControl(FrameBuilder.Connect(login, plan.ClientId, plan.KeepsSession));
    }

    public Socket Socket => _socket;

    public ClientPlan Plan => _plan;

    /// <summary>Accepted and subscribed.</summary>
    public bool IsReady { get; private set; }

    /// <summary>Why the connection has ended, or null.</summary>
    public string? Failure { get; private set; }

    /// <summary>Sends what is pending and then as much as may be published now.</summary>
    /// <returns>True when there is more to send at once.</returns>
    public bool Pump(long now)
    {
        if (!Flush() || !IsReady || !_publisher!.Next(now))
            return false;
        return Flush();
    }

    /// <summary>Reads all there is.</summary>
    public unsafe void Receive()
    {
        var buffer = _worker.Buffer;
        while (Failure is null)
        {
            var have = _partialLength;
            _partial.AsSpan(0, have).CopyTo(buffer);
            nint read;
            fixed (byte* start = buffer)
                read = Native.Receive(_handle, start + have, buffer.Length - have, Native.DontWait);
            if (read <= 0)
            {
                var error = Marshal.GetLastPInvokeError();
                if (read == 0 || error is not (Native.TryAgain or Native.Interrupted))
                    Fail(read == 0 ? "the broker closed the connection" : $"receive: error {error}");
                break;
            }

            var bytes = buffer.AsSpan(0, have + (int)read);
            try
            {
                Keep(bytes[Take(bytes)..]);
            }
            catch (Exception e) when (e is InvalidDataException or ArgumentOutOfRangeException or IndexOutOfRangeException)
            {
                Fail($"the broker sent what can't be read: {e.Message}");
            }

            // Less than asked for: there is no more, and the next bytes are told of again.
            if (bytes.Length < buffer.Length)
                break;
        }

        Flush();
    }

    public void Dispose() => _socket.Dispose();

    private void Keep(ReadOnlySpan<byte> rest)
    {
        _partialLength = rest.Length;
        if (rest.Length > _partial.Length)
            _partial = new byte[rest.Length];
        rest.CopyTo(_partial);
    }

    private int Take(ReadOnlySpan<byte> bytes)
    {
        var now = Clock.Now;
        var taken = 0;
        while (Frame.TryRead(bytes[taken..], out var frame))
        {
            if (frame.Type == Frame.Publish)
                TakeMessage(bytes.Slice(taken, frame.Length), frame, now);
            else
                TakeControl(bytes.Slice(taken, frame.Length), frame, now);
            taken += frame.Length;
        }

        return taken;
    }

    private void TakeMessage(ReadOnlySpan<byte> bytes, in Frame frame, long now)
    {
        var payload = frame.PayloadOffset(bytes, _login.Version == 5, out var packetId);
        var stamp = Stamp.Read(in bytes[payload]);
        ref var stream = ref _plan.Streams[stamp.Publisher - _plan.FirstPublisher];
        stream.Flow.Advance(_worker.Index, stream.Check.Take(stamp.Sequence));
        _worker.Delivered(stamp, now);
        var qos = (frame.Flags >> 1) & 3;
        if (qos > 0)
            Answer(qos == 1 ? Frame.PubAck : Frame.PubRec, packetId);
    }

    private void TakeControl(ReadOnlySpan<byte> bytes, in Frame frame, long now)
    {
        var body = bytes[frame.Body..frame.Length];
        switch (frame.Type)
        {
            case Frame.ConnAck when body[1] != 0:
                Fail($"CONNECT refused, code {body[1]}");
                break;
            case Frame.ConnAck when _plan.Filters is { } filters:
                SendControl(FrameBuilder.Subscribe(_login, 1, filters, _plan.QoS));
                break;
            case Frame.ConnAck:
            case Frame.SubAck when body[^1] < 0x80:
                IsReady = true;
                _worker.Ready();
                break;
            case Frame.SubAck:
                Fail($"SUBSCRIBE refused, code {body[^1]}");
                break;
            case Frame.PubRec:
                Answer(Frame.PubRel, BinaryPrimitives.ReadUInt16BigEndian(body));
                break;
            case Frame.PubRel:
                Answer(Frame.PubComp, BinaryPrimitives.ReadUInt16BigEndian(body));
                break;
            case Frame.PubAck or Frame.PubComp:
                _worker.Acknowledged(_publisher!.Acknowledged(now));
                break;
            case Frame.Disconnect:
                Fail($"DISCONNECT, code {(body.Length > 0 ? body[0] : 0)}");
                break;
        }

        if (frame.Type is Frame.PubAck or Frame.PubRec && body.Length > 2 && body[2] >= 0x80)
            _worker.Refused();
    }

    private void Answer(int type, int packetId)
    {
        var at = Room(4);
        BinaryPrimitives.WriteUInt32BigEndian(at, (uint)((type << 28) | ((type == Frame.PubRel ? 2 : 0) << 24) | (2 << 16) | packetId));
    }

    private void SendControl(byte[] frame) => frame.CopyTo(Room(frame.Length));

    private Span<byte> Room(int length)
    {
        if (_controlEnd + length > _control.Length)
        {
            var grown = new byte[Math.Max(256, 2 * (_controlEnd - _controlStart + length))];
            _control.AsSpan(_controlStart.._controlEnd).CopyTo(grown);
            (_control, _controlStart, _controlEnd) = (grown, 0, _controlEnd - _controlStart);
        }

        _controlEnd += length;
        return _control.AsSpan(_controlEnd - length, length);
    }

    /// <returns>True when everything was sent.</returns>
    private bool Flush()
    {
        if (Failure is not null)
            return false;
        // A burst that was begun has to end before something else may go out.
        if (_publisher is { Burst.IsSent: false } publisher)
        {
            publisher.Burst.Sent(Send(publisher.Burst.Unsent));
            if (!publisher.Burst.IsSent)
                return false;
        }

        if (_controlStart == _controlEnd)
            return true;
        _controlStart += Send(_control.AsSpan(_controlStart.._controlEnd));
        if (_controlStart < _controlEnd)
            return false;
        (_controlStart, _controlEnd) = (0, 0);
        if (_publisher is null && _plan.Streams.Length == 0)
            _control = [];
        return true;
    }

    private unsafe int Send(ReadOnlySpan<byte> bytes)
    {
        fixed (byte* start = bytes)
        {
            var sent = Native.Send(_handle, start, bytes.Length, Native.DontWait | Native.NoSignal);
            if (sent >= 0)
                return (int)sent;
        }

        var error = Marshal.GetLastPInvokeError();
        if (error is not (Native.TryAgain or Native.Interrupted))
            Fail($"send: error {error}");
        return 0;
    }

    private void Fail(string why)
    {
        if (Failure is not null)
            return;
        Failure = why;
        _worker.Failed(why);
    }
}
