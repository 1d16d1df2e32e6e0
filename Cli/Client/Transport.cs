using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Net.WebSockets;

namespace Starling.Cli.Client;

/// <summary>Opens the byte stream to a broker: TCP, a Unix socket or WebSocket, with or without TLS, through a proxy or not.</summary>
internal static class Transport
{
    public static Task<Stream> OpenAsync(Endpoint endpoint, CancellationToken cancellation) =>
        endpoint.WebSocketPath is null ? OpenPlainAsync(endpoint, cancellation) : OpenWebSocketAsync(endpoint, cancellation);

    private static async Task<Stream> OpenPlainAsync(Endpoint endpoint, CancellationToken cancellation)
    {
        var stream = await OpenSocketAsync(endpoint, cancellation);
        return endpoint.UseTls ? await SecureAsync(stream, endpoint, cancellation) : stream;
    }

    private static async Task<Stream> OpenSocketAsync(Endpoint endpoint, CancellationToken cancellation)
    {
        var socket = endpoint.UnixSocket is null
            ? new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true }
            : new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            if (endpoint.From is { } from)
                socket.Bind(new IPEndPoint(from.AddressFamily == AddressFamily.InterNetwork ? from.MapToIPv6() : from, 0));
            if (endpoint.UnixSocket is { } path)
                await socket.ConnectAsync(new UnixDomainSocketEndPoint(path), cancellation);
            else
                await socket.ConnectAsync(endpoint.Proxy?.Host ?? endpoint.Host, endpoint.Proxy?.Port ?? endpoint.Port, cancellation);
            var stream = new NetworkStream(socket, ownsSocket: true);
            if (endpoint.Proxy is { } proxy)
                await proxy.ConnectAsync(stream, endpoint.Host, endpoint.Port, cancellation);
            return stream;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    private static async Task<Stream> SecureAsync(Stream inner, Endpoint endpoint, CancellationToken cancellation)
    {
        var stream = new SslStream(inner);
        try
        {
            await stream.AuthenticateAsClientAsync(TlsOf(endpoint), cancellation);
            return stream;
        }
        catch
        {
            await stream.DisposeAsync();
            throw;
        }
    }

    private static SslClientAuthenticationOptions TlsOf(Endpoint endpoint)
    {
        var options = new SslClientAuthenticationOptions
        {
            TargetHost = endpoint.Host,
            RemoteCertificateValidationCallback = endpoint.Trust.Accepts,
            ClientCertificates = endpoint.ClientCertificate is { } certificate ? [certificate] : null,
            ApplicationProtocols = endpoint.Alpn is { } alpn ? [new SslApplicationProtocol(alpn)] : null,
        };
        if (endpoint.CipherSuites is { } suites && !OperatingSystem.IsWindows())
            options.CipherSuitesPolicy = new CipherSuitesPolicy(suites);
        return options;
    }

    private static async Task<Stream> OpenWebSocketAsync(Endpoint endpoint, CancellationToken cancellation)
    {
        using var handler = new SocketsHttpHandler
        {
            UseProxy = false,
            ConnectCallback = async (_, cancelled) => await OpenSocketAsync(endpoint, cancelled),
            SslOptions = TlsOf(endpoint),
        };
        using var invoker = new HttpMessageInvoker(handler);
        var socket = new ClientWebSocket();
        socket.Options.AddSubProtocol("mqtt");
        try
        {
            await socket.ConnectAsync(new Uri(endpoint.ToString()), invoker, cancellation);
            return WebSocketStream.Create(socket, WebSocketMessageType.Binary, closeTimeout: TimeSpan.FromSeconds(2));
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}
