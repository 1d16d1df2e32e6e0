using Starling.Edge.Transports;

namespace Starling.Edge.Connections;

/// <summary>Speaks MQTT with one client.</summary>
public interface IClientHandler
{
    /// <summary>Returns when the connection is over; what was flushed by then is still sent.</summary>
    /// <param name="transport">The connection, with PROXY header, TLS and WebSocket handshake behind it.</param>
    /// <param name="drain">Fires when the broker shuts down; the client is to be told and the connection ended.</param>
    Task ServeAsync(ClientTransport transport, CancellationToken drain);
}
