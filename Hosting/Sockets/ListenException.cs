using System.Net;
using System.Net.Sockets;

namespace Starling.Hosting.Sockets;

/// <summary>An address and port cannot be listened on.</summary>
public sealed class ListenException(EndPoint endPoint, string listener, SocketException cause)
    : IOException($"cannot listen on {endPoint} ({listener}): {Reason(cause)}", cause)
{
    private static string Reason(SocketException cause) => cause.SocketErrorCode switch
    {
        SocketError.AddressAlreadyInUse => "address already in use",
        SocketError.AddressNotAvailable => "this machine has no such address",
        SocketError.AccessDenied => "permission denied; ports below 1024 are often reserved",
        _ => cause.Message,
    };
}
