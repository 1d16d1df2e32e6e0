using System.Net;
using Microsoft.AspNetCore.Connections;
using Starling.Edge.Configuration;
using Starling.Edge.Transports;

namespace Starling.Edge.Listeners.Admissions;

/// <summary>How far a connection is; it says which timeout a deadline is.</summary>
internal enum Stage : byte
{
    Proxy,
    Tls,
    Connect,
    Established,
}

/// <summary>A connection that counts: from its accept to its end.</summary>
internal sealed class AdmittedConnection(ConnectionContext context, ListenerOptions listener, Admission admission) : ITransportLifetime
{
    // Thrown by nobody: given as the reason so that aborting a flood of connections makes no exception each.
    private static readonly ConnectionAbortedException AbortReason = new("The connection was aborted by the broker.");

    public ConnectionContext Context => context;

    public ListenerOptions Listener => listener;

    public IPEndPoint? RemoteEndPoint { get; set; } = Plain(context.RemoteEndPoint as IPEndPoint);

    public string? ServerName { get; set; }

    public ClientCertificate? ClientCertificate { get; set; }

    public bool IsSecure { get; set; }

    public required Stage Stage { get; set; }

    /// <summary>Its place among the half-open connections, if it is one; theirs to change.</summary>
    public HalfOpenPlace? HalfOpen { get; set; }

    // Links of the deadline queue that the connection is in, if any; the queue's own.
    public DeadlineQueue? Queue { get; set; }
    public AdmittedConnection? Previous { get; set; }
    public AdmittedConnection? Next { get; set; }
    public long Due { get; set; }

    public string Id => context.ConnectionId;

    public CancellationToken Closed => context.ConnectionClosed;

    public long? ConnectDeadline => Queue is null ? null : Due;

    public void ConnectReceived() => admission.ConnectReceived(this);

    public void Established() => admission.Established(this);

    public void Gone() => admission.Gone(this);

    public void Abort() => context.Abort(AbortReason);

    /// <summary>Counts why the connection is closed before its CONNECT.</summary>
    public void Refused(string reason) => admission.Refused(listener, reason);

    /// <summary>A listener on <c>::</c> gives IPv4 addresses in their IPv6 form.</summary>
    private static IPEndPoint? Plain(IPEndPoint? endPoint) =>
        endPoint is { Address.IsIPv4MappedToIPv6: true } ? new IPEndPoint(endPoint.Address.MapToIPv4(), endPoint.Port) : endPoint;
}
