namespace Starling.Edge.Configuration;

/// <summary>MQTT over WebSocket.</summary>
public sealed record WebSocketOptions
{
    public IReadOnlyList<string> Paths { get; init; } = ["/mqtt", "/"];

    /// <summary>Origins (<c>https://app.example.com</c>) of pages that may connect; null is any. Clients that are no browsers send none.</summary>
    public IReadOnlyList<string>? AllowedOrigins { get; init; }

    /// <summary>Addresses or networks of reverse proxies whose X-Forwarded-For is believed.</summary>
    public IReadOnlyList<string> TrustedProxies { get; init; } = [];
}
