using System.IO.Pipelines;
using Microsoft.Extensions.Logging;
using Starling.Edge.Connections;
using Starling.Edge.Listeners.Admissions;
using Starling.Edge.Transports;

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

    /// <summary>Logs an error that ended a connection, except those by which pipes tell that the client is gone.</summary>
    public void Failed(AdmittedConnection connection, Exception error)
    {
        if (error is not (IOException or OperationCanceledException))
            LogFailed(error, connection.Listener.Name, connection.Id);
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "Connection {Id} of listener {Listener} ended with an unexpected error")]
    private partial void LogFailed(Exception exception, string listener, string id);
}
