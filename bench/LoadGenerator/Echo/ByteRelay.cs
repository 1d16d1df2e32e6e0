using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Text;
using Starling.LoadGenerator.Net;
using Starling.LoadGenerator.Wire;

namespace Starling.LoadGenerator.Echo;

/// <summary>
/// What a broker would be that only moves bytes: it answers CONNECT and SUBSCRIBE, looks the first topic of a publisher up, and from
/// then on writes what it reads to those who subscribe to it. One thread. The generator can't be faster than with this.
/// </summary>
internal sealed class ByteRelay : IDisposable
{
    private static readonly byte[] ConnAck = [0x20, 2, 0, 0];

    private readonly Socket _listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
    private readonly Epoll _epoll = new();
    private readonly List<Peer> _peers = [];
    private readonly Dictionary<string, List<Peer>> _receivers = [];
    private readonly byte[] _buffer = GC.AllocateUninitializedArray<byte>(256 * 1024, pinned: true);

    public ByteRelay(int port)
    {
        _listener.Bind(new IPEndPoint(IPAddress.Loopback, port));
        _listener.Listen(512);
        _listener.Blocking = false;
        _epoll.Watch(_listener, -1);
    }

    /// <summary>Runs until the process ends.</summary>
    public void Run()
    {
        while (true)
        {
            var news = _epoll.Wait(-1);
            for (var i = 0; i < news; i++)
            {
                if (_epoll[i] < 0)
                    Accept();
                else
                    Read(_peers[_epoll[i]]);
            }
        }
    }

    public void Dispose()
    {
        _peers.ForEach(peer => peer.Socket.Dispose());
        _epoll.Dispose();
        _listener.Dispose();
    }

    private void Accept()
    {
        while (_listener.Poll(0, SelectMode.SelectRead))
        {
            var socket = _listener.Accept();
            socket.NoDelay = true;
            _peers.Add(new Peer(socket, (int)socket.Handle));
            _epoll.Watch(socket, _peers.Count - 1);
        }
    }

    private unsafe void Read(Peer peer)
    {
        fixed (byte* start = _buffer)
        {
            nint read;
            do
            {
                read = Native.Receive(peer.Handle, start, _buffer.Length, Native.DontWait);
                if (read > 0)
                    Take(peer, _buffer.AsSpan(0, (int)read));
            }
            while (read == _buffer.Length);
        }
    }

    private void Take(Peer peer, ReadOnlySpan<byte> bytes)
    {
        // Only what a publisher sends is long; the first frames of a connection come whole.
        while (peer.Receivers is null && Frame.TryRead(bytes, out var frame))
        {
            var body = bytes[frame.Body..frame.Length];
            if (frame.Type == Frame.Connect)
                Write(peer, ConnAck);
            else if (frame.Type == Frame.Subscribe)
            {
                ReceiversOf(Text(body[2..])).Add(peer);
                Write(peer, [0x90, 3, body[0], body[1], 0]);
            }
            else if (frame.Type == Frame.Publish)
            {
                peer.Receivers = ReceiversOf(Text(body));
                break;
            }

            bytes = bytes[frame.Length..];
        }

        foreach (var receiver in peer.Receivers ?? [])
            Write(receiver, bytes);
    }

    private List<Peer> ReceiversOf(string topic)
    {
        if (!_receivers.TryGetValue(topic, out var receivers))
            _receivers.Add(topic, receivers = []);
        return receivers;
    }

    private static string Text(ReadOnlySpan<byte> bytes) => Encoding.UTF8.GetString(bytes.Slice(2, (bytes[0] << 8) | bytes[1]));

    private static unsafe void Write(Peer peer, ReadOnlySpan<byte> bytes)
    {
        fixed (byte* start = bytes)
        {
            // Waits for the one socket: a receiver that does not keep up slows everybody down, and nothing is lost.
            for (nint sent = 0; sent < bytes.Length;)
            {
                var written = Native.Send(peer.Handle, start + sent, (int)(bytes.Length - sent), Native.NoSignal);
                if (written < 0 && Marshal.GetLastPInvokeError() == Native.TryAgain)
                    peer.Socket.Poll(Timeout.Infinite, SelectMode.SelectWrite);
                else if (written < 0 && Marshal.GetLastPInvokeError() != Native.Interrupted)
                    return;
                sent += Math.Max(0, written);
            }
        }
    }

    private sealed class Peer(Socket socket, int handle)
    {
        public Socket Socket => socket;

        public int Handle => handle;

        /// <summary>Where to write what it publishes; null before its first message.</summary>
        public List<Peer>? Receivers { get; set; }
    }
}
