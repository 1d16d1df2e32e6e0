using System.Net;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Logging;
using Starling.Edge.Configuration;
using Starling.Edge.Listeners.Admissions;
using Starling.Edge.Listeners.ProxyProtocol;
using Starling.Edge.Listeners.Tls;

namespace Starling.Edge.Listeners;

/// <summary>Takes a connection of one listener through admission, PROXY header and TLS to MQTT or HTTP.</summary>
internal sealed class Entrance(
    ListenerOptions listener, Admission admission, TlsIdentitySource? tls, ClientService service, ILogger<Entrance> logger)
{
    private readonly NetworkList? _proxySources =
        listener.ProxyProtocol?.TrustedSources is { } sources ? new NetworkList(sources) : null;

    public ListenerOptions Listener => listener;

    public NetworkList TrustedProxies { get; } = new(listener.WebSocket.TrustedProxies);

    /// <param name="http">What reads the HTTP request.</param>
    public Task EnterAsync(ConnectionContext context, ConnectionDelegate http) =>
        Admit(context, isWeb: true) is { } connection ? ServeAsync(connection, http) : Task.CompletedTask;

    /// <summary>Null when the connection is refused, which is counted here; it has to be closed then.</summary>
    /// <param name="isWeb">Whether it is one of a WebSocket listener.</param>
    public AdmittedConnection? Admit(ConnectionContext context, bool isWeb)
    {
        admission.Accepted(listener);
        var address = (context.RemoteEndPoint as IPEndPoint)?.Address;
        if (_proxySources is not null && (address is null || !_proxySources.Contains(address)))
        {
            admission.Refused(listener, Refusal.ProxySource);
            return null;
        }

        var isProxied = listener.ProxyProtocol is not null || (isWeb && address is not null && TrustedProxies.Contains(address));
        return admission.Admit(context, listener, FirstStage, countAddress: !isProxied);
    }

    private Stage FirstStage => listener.ProxyProtocol is not null ? Stage.Proxy : tls is not null ? Stage.Tls : Stage.Connect;

    /// <param name="connection">One that has been admitted. It is served to its end.</param>
    /// <param name="http">For WebSocket listeners, what reads the HTTP request.</param>
    public async Task ServeAsync(AdmittedConnection connection, ConnectionDelegate? http)
    {
        var raw = connection.Context.Transport;
        TlsTransport? encrypted = null;
        try
        {
            if (listener.ProxyProtocol is not null && !await ReadProxyHeaderAsync(connection, http))
                return;
            if (tls is not null)
            {
                connection.Stage = Stage.Tls;
                encrypted = await TlsTransport.HandshakeAsync(connection, tls, logger);
                if (encrypted is null)
                    return;
                connection.Context.Transport = encrypted.Plain;
            }
            connection.Stage = Stage.Connect;
            if (http is null)
            {
                await service.ServeAsync(connection, connection.Context.Transport);
            }
            else
            {
                connection.Context.Features.Set(new WebSocketConnection(connection, this));
                await http(connection.Context);
            }
        }
        catch (Exception e)
        {
            service.Failed(connection, e);
        }
        finally
        {
            admission.Closing(connection);
            if (connection.ClientCertificate is { } certificate)
                tls!.Ended(certificate);
            if (encrypted is not null)
                await encrypted.CloseAsync();
            connection.Context.Transport = raw;
            admission.Released(connection);
        }
    }

    private async ValueTask<bool> ReadProxyHeaderAsync(AdmittedConnection connection, ConnectionDelegate? http)
    {
        var header = await ProxyHeaderReader.ReadAsync(connection.Context.Transport.Input);
        if (header is null)
        {
            connection.Refused(Refusal.ProxyHeader);
            return false;
        }
        connection.ServerName = header.Authority;
        connection.IsSecure = header.IsSecure;
        if (header.Source is null)
            return true;
        connection.RemoteEndPoint = header.Source;
        var isProxiedAgain = http is not null && TrustedProxies.Contains(header.Source.Address);
        return isProxiedAgain || admission.TryAttribute(connection, header.Source.Address);
    }
}

/// <summary>How a request of a WebSocket listener finds its connection.</summary>
internal sealed record WebSocketConnection(AdmittedConnection Connection, Entrance Entrance);
