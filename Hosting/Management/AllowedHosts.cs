using System.Net;
using Starling.Broker.Tenants;

namespace Starling.Hosting.Management;

/// <summary>
/// Which <c>Host</c> headers are answered. A web page can have a name of its own lead to the address of a broker that only the browser
/// reaches, and then read the answers (DNS rebinding); it can't do so with an address, or a name that is not its own.
/// </summary>
internal sealed class AllowedHosts(IEnumerable<string> names)
{
    private readonly HashSet<string> _names = [.. names.Select(ServerName.Normalize)];

    /// <param name="host">Without the port; empty when there was none, which no browser does.</param>
    public bool Allow(string host)
    {
        if (host.Length == 0 || IPAddress.TryParse(host, out _) || _names.Contains("*"))
            return true;
        var name = ServerName.Normalize(host);
        var dot = name.IndexOf('.', StringComparison.Ordinal);
        return name == "localhost" || _names.Contains(name) || (dot > 0 && _names.Contains("*" + name[dot..]));
    }
}
