using System.IO.Pipelines;
using Microsoft.Extensions.Logging;

namespace Starling.Edge.Listeners;

/// <summary>Hands connections to the client handler and keeps what it throws from going further.</summary>
internal sealed partial class ClientService(IClientHandler handler, Drain drain, ILogger<ClientService> logger)
{
    public async Task ServeAsync(AdmittedConnection connection, IDuplexPipe pipe)
    {
        var transport = new ClientTransport(pipe, connection.Listener, connection)
        {
            RemoteEndPoint = connection.RemoteEndPoint,
            ServerName = connection.ServerName,
            ClientCertificate = connection.ClientCertificate,
            IsSecure = connection.IsSecure,
        };
        try
        {
            await handler.ServeAsync(transport, drain.Token);
        }
        catch (Exception e) when (e is IOException or OperationCanceledException)
        {
            // The client is gone, which pipes tell in this way.
        }
        catch (Exception e)
        {
            LogHandlerFailed(e, connection.Listener.Name, connection.Id);
        }
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "Connection {Id} of listener {Listener} ended by an unexpected error")]
    private partial void LogHandlerFailed(Exception exception, string listener, string id);
}
