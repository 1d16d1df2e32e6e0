using System.IO.Pipelines;
using Microsoft.Extensions.Logging;

namespace Starling.Edge.Listeners;

/// <summary>Hands connections to the client handler.</summary>
internal sealed partial class ClientService(IClientHandler handler, Drain drain, ILogger<ClientService> logger)
{
    /// <summary>Completes with the connection. What it throws is for <see cref="Failed"/>.</summary>
    public Task ServeAsync(AdmittedConnection connection, IDuplexPipe pipe) => handler.ServeAsync(
        new ClientTransport(pipe, connection.Listener, connection)
        {
            RemoteEndPoint = connection.RemoteEndPoint,
            ServerName = connection.ServerName,
            ClientCertificate = connection.ClientCertificate,
            IsSecure = connection.IsSecure,
        },
        drain.Token);

    /// <summary>Says so when a connection was ended by something else than its client, who is gone in the way that pipes tell.</summary>
    public void Failed(AdmittedConnection connection, Exception error)
    {
        if (error is not (IOException or OperationCanceledException))
            LogFailed(error, connection.Listener.Name, connection.Id);
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "Connection {Id} of listener {Listener} ended by an unexpected error")]
    private partial void LogFailed(Exception exception, string listener, string id);
}
