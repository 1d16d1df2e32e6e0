using System.Net;
using System.Net.WebSockets;
using Microsoft.AspNetCore.Http;
using Starling.Broker.Tenants;
using Starling.Edge.Listeners.Admissions;
using Starling.Edge.Transports;

namespace Starling.Edge.Listeners.WebSockets;

/// <summary>Answers the requests of a WebSocket listener: the upgrade to MQTT, and nothing else.</summary>
internal sealed class WebSocketEndpoint(Admission admission, ListenerMetrics metrics, ClientService service)
{
    private static readonly string[] SubProtocols = ["mqtt", "mqttv3.1"];

    public async Task HandleAsync(HttpContext http)
    {
        var (connection, entrance) = http.Features.Get<WebSocketConnection>()!;
        if (Refuse(http, entrance, out var subProtocol) is var (status, text, reason) && reason is not null)
        {
            connection.Refused(reason);
            http.Response.StatusCode = status;
            http.Response.Headers.Connection = "close";
            await http.Response.WriteAsync(text + "\n");
            return;
        }
        if (!Attribute(http, connection, entrance))
        {
            http.Response.StatusCode = StatusCodes.Status429TooManyRequests;
            http.Response.Headers.Connection = "close";
            return;
        }
        using var socket = await http.WebSockets.AcceptWebSocketAsync(new WebSocketAcceptContext
        {
            SubProtocol = subProtocol,
            KeepAliveInterval = TimeSpan.Zero,
            DangerousEnableCompression = false,
        });
        var transport = new StreamTransport(new WebSocketStream(socket, () => metrics.TextFrame(connection.Listener.Name)));
        try
        {
            await service.ServeAsync(connection, transport);
        }
        catch (Exception e)
        {
            service.Failed(connection, e);
        }
        finally
        {
            admission.Closing(connection);
            await CloseAsync(connection, socket, transport);
        }
    }

    /// <summary>The client must offer the sub-protocol <c>mqtt</c> [MQTT-6.0.0-3], which is then chosen [MQTT-6.0.0-4].</summary>
    private static (int Status, string Text, string? Reason) Refuse(HttpContext http, Entrance entrance, out string? subProtocol)
    {
        subProtocol = null;
        var options = entrance.Listener.WebSocket;
        if (!options.Paths.Contains(http.Request.Path.Value))
            return (StatusCodes.Status404NotFound, "There is nothing here. MQTT is at " + options.Paths[0], Refusal.WebSocketPath);
        if (!http.WebSockets.IsWebSocketRequest)
            return (StatusCodes.Status426UpgradeRequired, "This is an MQTT broker: connect with WebSocket", Refusal.WebSocketRequest);
        if (http.Request.Headers.Origin is [{ } origin, ..] && !IsAllowed(origin, options.AllowedOrigins, http.Request.Host))
            return (StatusCodes.Status403Forbidden, "Pages of this origin may not connect", Refusal.WebSocketOrigin);
        subProtocol = SubProtocols.FirstOrDefault(http.WebSockets.WebSocketRequestedProtocols.Contains);
        return subProtocol is null ? (StatusCodes.Status400BadRequest, "Expected the WebSocket sub-protocol mqtt", Refusal.WebSocketProtocol) : default;
    }

    /// <summary>A page that is not from here could use what its visitor's browser reaches and it does not.</summary>
    private static bool IsAllowed(string origin, IReadOnlyList<string>? allowed, HostString host) => allowed is null
        ? Uri.TryCreate(origin, UriKind.Absolute, out var uri) && ServerName.Normalize(uri.IdnHost) == ServerName.Normalize(host.Host.Trim('[', ']'))
        : allowed.Contains("*") || allowed.Contains(origin, StringComparer.OrdinalIgnoreCase);

    /// <summary>Behind a trusted reverse proxy, counts the connection for the client's own address.</summary>
    private bool Attribute(HttpContext http, AdmittedConnection connection, Entrance entrance)
    {
        if (connection.RemoteEndPoint is not { } remote || !entrance.TrustedProxies.Contains(remote.Address))
            return true;
        if (ForwardedFor.Client(http.Request, entrance.TrustedProxies) is not { } client)
            return true;
        connection.RemoteEndPoint = new IPEndPoint(client, 0);
        return admission.TryAttribute(connection, client);
    }

    private static async Task CloseAsync(AdmittedConnection connection, WebSocket socket, StreamTransport transport)
    {
        try
        {
            await transport.Input.CompleteAsync();
            await transport.Output.CompleteAsync();
            if (socket.State is WebSocketState.Open or WebSocketState.CloseReceived)
                await socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, null, CancellationToken.None);
        }
        catch
        {
            // The client is gone already; there is nobody to say goodbye to.
        }
        connection.Context.Transport.Input.CancelPendingRead();
        await transport.Receiving;
    }
}
