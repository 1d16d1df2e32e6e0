namespace Starling.Edge.Configuration;

/// <summary>MQTT over WebSocket.</summary>
public sealed record WebSocketOptions
{
    public IReadOnlyList<string> Paths { get; init; } = ["/mqtt", "/"];

    /// <summary>
    /// Origins (<c>https://app.example.com</c>) of pages that may connect, or <c>*</c> for any; null is pages of the host that is connected to,
    /// at whatever port. Clients that are no browsers send none, and may connect.
    /// </summary>
    public IReadOnlyList<string>? AllowedOrigins { get; init; }

    /// <summary>Addresses or networks of reverse proxies whose X-Forwarded-For is believed.</summary>
    public IReadOnlyList<string> TrustedProxies { get; init; } = [];
}
