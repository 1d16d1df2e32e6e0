using System.Runtime.CompilerServices;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.Logging;

namespace Starling.Hosting.Sockets;

/// <summary>Makes connections of accepted sockets as Kestrel's own listener does, with the same options and memory.</summary>
internal static class SocketContexts
{
    public static SocketConnectionContextFactory Create(SocketTransportOptions options, ILogger logger) => new(OptionsOf(options), logger);

    private static SocketConnectionFactoryOptions OptionsOf(SocketTransportOptions options)
    {
        try
        {
            // The memory pool is in it, which has no public setting (docs/adr/0011-own-accept-loop.md).
            return Copy(options);
        }
        catch (MissingMethodException)
        {
            return new SocketConnectionFactoryOptions
            {
                IOQueueCount = options.IOQueueCount,
                WaitForDataBeforeAllocatingBuffer = options.WaitForDataBeforeAllocatingBuffer,
                MaxReadBufferSize = options.MaxReadBufferSize,
                MaxWriteBufferSize = options.MaxWriteBufferSize,
                UnsafePreferInlineScheduling = options.UnsafePreferInlineScheduling,
            };
        }
    }

    [UnsafeAccessor(UnsafeAccessorKind.Constructor)]
    private static extern SocketConnectionFactoryOptions Copy(SocketTransportOptions options);
}
