using System.Globalization;

namespace Starling.Cli.Client;

/// <summary>Where a broker is and how to reach it.</summary>
internal sealed record Endpoint(string Host, int Port)
{
    public bool UseTls { get; init; }

    /// <summary>The path and query of a WebSocket; null for plain TCP.</summary>
    public string? WebSocketPath { get; init; }

    public ServerTrust Trust { get; init; } = new(null, false);

    public System.Security.Cryptography.X509Certificates.X509Certificate2? ClientCertificate { get; init; }

    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture,
        $"{(WebSocketPath is null ? "mqtt" : "ws")}{(UseTls ? "s" : "")}://{(Host.Contains(':') ? $"[{Host}]" : Host)}:{Port}{WebSocketPath}");
}
