using System.Net;

namespace Starling.Edge.Listeners.ProxyProtocol;

/// <summary>What a PROXY protocol header says.</summary>
/// <param name="Source">The client; null when the proxy speaks for itself (LOCAL) or does not know (UNKNOWN, UNSPEC).</param>
/// <param name="Authority">The server name that the client asked the proxy for; lower case.</param>
/// <param name="IsSecure">The client's connection to the proxy is encrypted.</param>
internal sealed record ProxyHeader(IPEndPoint? Source, string? Authority = null, bool IsSecure = false)
{
    public static ProxyHeader None { get; } = new((IPEndPoint?)null);
}

internal enum ProxyHeaderStatus
{
    Incomplete,
    Invalid,
    Complete,
}
