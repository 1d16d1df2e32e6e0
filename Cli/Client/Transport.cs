using System.Net.Security;
using System.Net.Sockets;
using System.Net.WebSockets;

namespace Starling.Cli.Client;

/// <summary>Opens the byte stream to a broker: TCP or WebSocket, with or without TLS.</summary>
internal static class Transport
{
    public static Task<Stream> OpenAsync(Endpoint endpoint, CancellationToken cancellation) =>
        endpoint.WebSocketPath is null ? OpenTcpAsync(endpoint, cancellation) : OpenWebSocketAsync(endpoint, cancellation);

    private static async Task<Stream> OpenTcpAsync(Endpoint endpoint, CancellationToken cancellation)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(endpoint.Host, endpoint.Port, cancellation);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
        var stream = new NetworkStream(socket, ownsSocket: true);
        return endpoint.UseTls ? await SecureAsync(stream, endpoint, cancellation) : stream;
    }

    private static async Task<Stream> SecureAsync(Stream inner, Endpoint endpoint, CancellationToken cancellation)
    {
        var stream = new SslStream(inner);
        try
        {
            await stream.AuthenticateAsClientAsync(
                new()
                {
                    TargetHost = endpoint.Host,
                    RemoteCertificateValidationCallback = endpoint.Trust.Accepts,
                    ClientCertificates = endpoint.ClientCertificate is { } certificate ? [certificate] : null,
                },
                cancellation);
            return stream;
        }
        catch
        {
            await stream.DisposeAsync();
            throw;
        }
    }

    private static async Task<Stream> OpenWebSocketAsync(Endpoint endpoint, CancellationToken cancellation)
    {
        var socket = new ClientWebSocket();
        socket.Options.AddSubProtocol("mqtt");
        socket.Options.RemoteCertificateValidationCallback = endpoint.Trust.Accepts;
        if (endpoint.ClientCertificate is { } certificate)
            socket.Options.ClientCertificates.Add(certificate);
        try
        {
            await socket.ConnectAsync(new Uri(endpoint.ToString()), cancellation);
            return WebSocketStream.Create(socket, WebSocketMessageType.Binary, closeTimeout: TimeSpan.FromSeconds(2));
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}
