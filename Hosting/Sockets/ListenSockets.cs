using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;

namespace Starling.Hosting.Sockets;

/// <summary>How the sockets below Kestrel are set up.</summary>
internal static class ListenSockets
{
    /// <param name="nameOf">The name of what listens on an address, for the error when that fails.</param>
    public static void Configure(SocketTransportOptions options, Func<IPEndPoint, string> nameOf)
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
                return SocketTransportOptions.CreateDefaultBoundListenSocket(endPoint);
            }
            catch (SocketException e)
            {
                throw new ListenException(endPoint, nameOf((IPEndPoint)endPoint), e);
            }
        };
    }
}
