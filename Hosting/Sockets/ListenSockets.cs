using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;

namespace Starling.Hosting.Sockets;

/// <summary>How the sockets below Kestrel are set up.</summary>
internal static class ListenSockets
{
    /// <summary>Questions without an answer after which a peer is gone.</summary>
    private const int Probes = 4;

    /// <summary>Seconds between them, at most.</summary>
    private const int MaxInterval = 30;

    /// <summary>A connection of management or between processes, which is silent for long only when it is dead.</summary>
    public static readonly TimeSpan ServerKeepAlive = TimeSpan.FromMinutes(1);

    /// <param name="nameOf">The name of what listens on an address, for the error when that fails.</param>
    /// <param name="keepAlive">How long a connection is silent before the system asks whether the peer is still there; zero for never.</param>
    public static void Configure(SocketTransportOptions options, Func<IPEndPoint, string> nameOf, TimeSpan keepAlive)
    {
        // A reconnect storm queues in the kernel instead of being dropped there; the kernel lowers this to its own maximum.
        options.Backlog = 8192;
        options.NoDelay = true;
        // An idle connection holds no receive buffer.
        options.WaitForDataBeforeAllocatingBuffer = true;
        // What may be read ahead of the parser, and written ahead of a client that does not read.
        options.MaxReadBufferSize = 128 * 1024;
        options.MaxWriteBufferSize = 128 * 1024;
        options.CreateBoundListenSocket = endPoint =>
        {
            try
            {
                var socket = SocketTransportOptions.CreateDefaultBoundListenSocket(endPoint);
                if (keepAlive > TimeSpan.Zero)
                    KeepAlive(socket, keepAlive);
                return socket;
            }
            catch (SocketException e)
            {
                throw new ListenException(endPoint, nameOf((IPEndPoint)endPoint), e);
            }
        };
    }

    /// <summary>The sockets that are accepted inherit it.</summary>
    private static void KeepAlive(Socket socket, TimeSpan idle)
    {
        var seconds = (int)Math.Ceiling(idle.TotalSeconds);
        socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.KeepAlive, true);
        socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveTime, seconds);
        socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveInterval, Math.Clamp(seconds / Probes, 1, MaxInterval));
        socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveRetryCount, Probes);
    }
}
