using System.Net;
using Microsoft.Extensions.Logging;
using Starling.Edge.Transports;
using Starling.Protocol;

namespace Starling.Edge.Connections;

/// <summary>Speaks MQTT with one client: CONNECT, then its connection.</summary>
internal sealed partial class ClientHandler(EdgeServices node, ILogger<ClientHandler> logger) : IClientHandler
{
    public async Task ServeAsync(ClientTransport transport, CancellationToken drain)
    {
        if (await AcceptAsync(transport, drain).ConfigureAwait(false) is { } connection)
            await connection.ServeAsync(drain).ConfigureAwait(false);
    }

    /// <summary>Apart from <see cref="ServeAsync"/>, so that nothing of the CONNECT is kept for as long as the connection lives.</summary>
    private async Task<ClientConnection?> AcceptAsync(ClientTransport transport, CancellationToken drain)
    {
        var handshake = new ConnectHandshake(transport, node);
        try
        {
            if (await handshake.ReadConnectAsync().ConfigureAwait(false) is not { } connect)
                return null;
            transport.ConnectReceived();
            return await new ConnectAcceptance(transport, handshake, node, connect).AcceptAsync(drain).ConfigureAwait(false);
        }
        catch (MqttProtocolException error)
        {
            if (node.Refusals.MayLog(transport.Listener.Name, error.ReasonCode.ToString(), transport.RemoteEndPoint))
                LogRefused(logger, transport.Listener.Name, transport.RemoteEndPoint, error.ReasonCode, error.Message);
            await handshake.RefuseAsync(error.ReasonCode).ConfigureAwait(false);
            return null;
        }
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "Listener {Listener}: refused the CONNECT of {Address}, {ReasonCode}: {Problem}")]
    private static partial void LogRefused(ILogger logger, string listener, IPEndPoint? address, ReasonCode reasonCode, string problem);
}
