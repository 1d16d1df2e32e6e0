namespace Starling.Edge.Listeners.Admissions;

/// <summary>Why a connection was closed before its CONNECT was accepted: the <c>reason</c> label of <c>starling.listener.refused</c>.</summary>
internal static class Refusal
{
    public const string Connections = "connections";
    public const string HalfOpen = "half_open";
    public const string HalfOpenAddress = "half_open_address";
    public const string Draining = "draining";
    public const string ProxySource = "proxy_source";
    public const string ProxyHeader = "proxy_header";
    public const string ProxyTimeout = "proxy_timeout";
    public const string NotTls = "not_tls";
    public const string TlsHandshake = "tls_handshake";
    public const string TlsTimeout = "tls_timeout";
    public const string WebSocketRequest = "websocket_request";
    public const string WebSocketPath = "websocket_path";
    public const string WebSocketProtocol = "websocket_protocol";
    public const string WebSocketOrigin = "websocket_origin";
    public const string ConnectTimeout = "connect_timeout";
}
