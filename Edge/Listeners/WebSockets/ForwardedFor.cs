using System.Net;
using Microsoft.AspNetCore.Http;
using Starling.Edge.Configuration;

namespace Starling.Edge.Listeners.WebSockets;

/// <summary>The client's address as reverse proxies tell it, believed from trusted ones only.</summary>
internal static class ForwardedFor
{
    /// <summary>
    /// The last address in X-Forwarded-For that is not itself a trusted proxy: what stands before it is the client's own claim.
    /// Null when there is none.
    /// </summary>
    public static IPAddress? Client(HttpRequest request, NetworkList trusted)
    {
        IPAddress? client = null;
        var chain = string.Join(',', request.Headers["X-Forwarded-For"].ToArray()).Split(',', StringSplitOptions.TrimEntries);
        foreach (var entry in chain.Reverse())
        {
            if (!IPEndPoint.TryParse(entry, out var endPoint))
                break;
            client = endPoint.Address;
            if (!trusted.Contains(client))
                break;
        }
        return client;
    }
}
