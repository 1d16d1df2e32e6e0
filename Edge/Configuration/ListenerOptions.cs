namespace Starling.Edge.Configuration;

public enum ListenerType
{
    Tcp,
    Tls,
    Ws,
    Wss,
}

/// <summary>One address and port at which clients connect.</summary>
public sealed record ListenerOptions
{
    /// <summary>The name in logs, metrics and errors; the type and port when not given.</summary>
    public string Name { get => field ?? $"{Type.ToString().ToLowerInvariant()}-{Port}"; init; } = null!;

    public required ListenerType Type { get; init; }

    /// <summary>An IPv4 or IPv6 address; <c>0.0.0.0</c> is every IPv4 address, <c>::</c> every address.</summary>
    public string Address { get; init; } = "127.0.0.1";

    /// <summary>0 takes any free port.</summary>
    public required int Port { get; init; }

    /// <summary>The tenant of clients that name none themselves; null refuses those.</summary>
    public string? Tenant { get; init; }

    /// <summary>Every connection must begin with a PROXY protocol header; null expects none.</summary>
    public ProxyProtocolOptions? ProxyProtocol { get; init; }

    /// <summary>Required for <c>tls</c> and <c>wss</c>.</summary>
    public TlsOptions? Tls { get; init; }

    /// <summary>For <c>ws</c> and <c>wss</c>.</summary>
    public WebSocketOptions WebSocket { get; init; } = new();
}
