using System.IO.Pipelines;
using System.Net;
using Starling.Edge.Configuration;

namespace Starling.Edge.Transports;

/// <summary>The bytes of one client and what is known of it before its CONNECT.</summary>
public sealed class ClientTransport(IDuplexPipe pipe, ListenerOptions listener, ITransportLifetime lifetime)
{
    /// <summary>
    /// Ends (<see cref="ReadResult.IsCompleted"/>) or throws an <see cref="IOException"/> or
    /// <see cref="OperationCanceledException"/> when the client is gone. <see cref="PipeReader.CancelPendingRead"/> is safe.
    /// </summary>
    public PipeReader Input => pipe.Input;

    /// <summary>
    /// A flush waits while the client does not read. Over TLS and WebSocket, a flush that is cancelled loses the connection:
    /// use <see cref="Abort"/> to end a stuck one.
    /// </summary>
    public PipeWriter Output => pipe.Output;

    public ListenerOptions Listener => listener;

    /// <summary>The client's own address where PROXY protocol or a trusted X-Forwarded-For tells it.</summary>
    public IPEndPoint? RemoteEndPoint { get; init; }

    /// <summary>The TLS server name, or the authority of a PROXY protocol header; lower case.</summary>
    public string? ServerName { get; init; }

    /// <summary>Null when it has shown none.</summary>
    public ClientCertificate? ClientCertificate { get; init; }

    /// <summary>The client's connection is encrypted, here or by the load balancer in front that says so.</summary>
    public bool IsSecure { get; init; }

    public string Id => lifetime.Id;

    public CancellationToken Closed => lifetime.Closed;

    /// <summary>
    /// When the connection is closed unless its CONNECT has been accepted, as a timestamp of the process's <see cref="TimeProvider"/>; null when
    /// it has no such deadline.
    /// </summary>
    public long? ConnectDeadline => lifetime.ConnectDeadline;

    /// <summary>The CONNECT was read: the connection does not give way to newer ones any more while it is decided on.</summary>
    public void ConnectReceived() => lifetime.ConnectReceived();

    /// <summary>The CONNECT was accepted: the connection is no longer half open and has no deadline any more.</summary>
    public void Established() => lifetime.Established();

    /// <summary>Ends the connection at once, with whatever was not yet sent.</summary>
    public void Abort() => lifetime.Abort();
}
