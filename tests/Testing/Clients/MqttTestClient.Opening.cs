using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Net.WebSockets;
using Starling.Protocol;

namespace Starling.Testing;

/// <summary>Connections below MQTT; CONNECT is not sent.</summary>
public sealed partial class MqttTestClient
{
    private static readonly TimeSpan OpeningTimeout = TimeSpan.FromSeconds(10);

    public static async Task<MqttTestClient> OpenAsync(EndPoint endPoint, ProtocolVersion version = ProtocolVersion.Mqtt5) =>
        new(await OpenTcpAsync(endPoint), version);

    /// <param name="endPoint">Where a TLS listener is.</param>
    /// <param name="options">The server name, the certificates and how the server's is judged.</param>
    /// <param name="version">How packets are encoded and decoded.</param>
    public static async Task<MqttTestClient> OpenTlsAsync(
        EndPoint endPoint, SslClientAuthenticationOptions options, ProtocolVersion version = ProtocolVersion.Mqtt5)
    {
        var tls = new SslStream(await OpenTcpAsync(endPoint));
        try
        {
            using var timeout = new CancellationTokenSource(OpeningTimeout);
            await tls.AuthenticateAsClientAsync(options, timeout.Token);
            return new(tls, version);
        }
        catch
        {
            await tls.DisposeAsync();
            throw;
        }
    }

    /// <summary>Every send is one binary message of the sub-protocol <c>mqtt</c> [MQTT-6.0.0-1] [MQTT-6.0.0-3].</summary>
    /// <param name="uri">A <c>ws:</c> or <c>wss:</c> address.</param>
    /// <param name="version">How packets are encoded and decoded.</param>
    /// <param name="configure">Changes the options before the handshake.</param>
    public static async Task<MqttTestClient> OpenWebSocketAsync(
        Uri uri, ProtocolVersion version = ProtocolVersion.Mqtt5, Action<ClientWebSocketOptions>? configure = null)
    {
        var webSocket = new ClientWebSocket();
        try
        {
            webSocket.Options.AddSubProtocol("mqtt");
            configure?.Invoke(webSocket.Options);
            using var timeout = new CancellationTokenSource(OpeningTimeout);
            await webSocket.ConnectAsync(uri, timeout.Token);
            return new(WebSocketStream.Create(webSocket, WebSocketMessageType.Binary, ownsWebSocket: true), version);
        }
        catch
        {
            webSocket.Dispose();
            throw;
        }
    }

    private static async Task<NetworkStream> OpenTcpAsync(EndPoint endPoint)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            using var timeout = new CancellationTokenSource(OpeningTimeout);
            await socket.ConnectAsync(endPoint, timeout.Token);
            return new(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}
