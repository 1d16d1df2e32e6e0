using System.Net;
using Microsoft.Extensions.Logging;
using Starling.Edge.Listeners;
using Starling.Edge.Nodes;
using Starling.Protocol;

namespace Starling.Edge.Connections;

/// <summary>Speaks MQTT with one client: CONNECT, then its connection.</summary>
internal sealed partial class ClientHandler(EdgeServices node, ILogger<ClientHandler> logger) : IClientHandler
{
    public async Task ServeAsync(ClientTransport transport, CancellationToken drain)
    {
        var handshake = new ConnectHandshake(transport, node);
        ClientConnection? connection;
        ConnAckPacket? connAck;
        try
        {
            if (await handshake.ReadConnectAsync().ConfigureAwait(false) is not { } connect)
                return;
            var acceptance = new ConnectAcceptance(transport, handshake, node, connect);
            (connection, connAck) = await acceptance.AcceptAsync(drain).ConfigureAwait(false);
            if (connection is null)
                return;
        }
        catch (MqttProtocolException error)
        {
            LogRefused(logger, transport.Listener.Name, transport.RemoteEndPoint, error.ReasonCode, error.Message);
            await handshake.RefuseAsync(error.ReasonCode).ConfigureAwait(false);
            return;
        }

        await connection.ServeAsync(connAck!, drain).ConfigureAwait(false);
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "Listener {Listener}: {Address} is refused, {ReasonCode}: {Problem}")]
    private static partial void LogRefused(ILogger logger, string listener, IPEndPoint? address, ReasonCode reasonCode, string problem);
}
