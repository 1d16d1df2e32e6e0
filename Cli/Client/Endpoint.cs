using System.Globalization;
using System.Net;
using System.Net.Security;
using System.Security.Cryptography.X509Certificates;

namespace Starling.Cli.Client;

/// <summary>Where a broker is and how to reach it.</summary>
internal sealed record Endpoint(string Host, int Port)
{
    public bool UseTls { get; init; }

    /// <summary>The path and query of a WebSocket; null for plain TCP.</summary>
    public string? WebSocketPath { get; init; }

    /// <summary>A Unix socket instead of host and port; null for TCP.</summary>
    public string? UnixSocket { get; init; }

    /// <summary>The address of this machine to connect from; null for any.</summary>
    public IPAddress? From { get; init; }

    /// <summary>Null for a connection without one.</summary>
    public Proxy? Proxy { get; init; }

    public ServerTrust Trust { get; init; } = new(null, false);

    public X509Certificate2? ClientCertificate { get; init; }

    /// <summary>The protocol to ask for in the TLS hand-shake (ALPN); null for none.</summary>
    public string? Alpn { get; init; }

    /// <summary>What may be used; null for the system's choice.</summary>
    public IReadOnlyList<TlsCipherSuite>? CipherSuites { get; init; }

    public override string ToString() => UnixSocket ?? string.Create(
        CultureInfo.InvariantCulture,
        $"{(WebSocketPath is null ? "mqtt" : "ws")}{(UseTls ? "s" : "")}://{(Host.Contains(':') ? $"[{Host}]" : Host)}:{Port}{WebSocketPath}");
}
