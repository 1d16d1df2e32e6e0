using System.Buffers;
using Microsoft.Extensions.Logging;
using Starling.Broker.Contracts;
using Starling.Broker.Messages;
using Starling.Broker.Telemetry;
using Starling.Broker.Threading;
using Starling.Edge.Nodes;
using Starling.Edge.Transports;
using Starling.Protocol;

namespace Starling.Edge.Connections;

/// <summary>Ends a connection: the client is told why, the session is told how, and other members of shared subscriptions get its messages.</summary>
internal sealed partial class ConnectionEnding(EdgeConnection connection, EdgeServices node)
{
    /// <summary>How long the end of a connection waits for the session, and for a client that sent DISCONNECT to read on.</summary>
    private static readonly TimeSpan MaxWait = TimeSpan.FromSeconds(1);

    private static readonly TimeSpan RetryDelay = TimeSpan.FromSeconds(1);

    /// <param name="farewell">What an MQTT 5 client is told; null for nothing.</param>
    /// <param name="disconnect">What the session is told.</param>
    public async ValueTask EndAsync(ReasonCode? farewell, SessionDisconnect disconnect)
    {
        var unfinished = connection.Outbox.Close(Farewell(farewell));
        try
        {
            // Before the subscriptions go here: a replay that finds them gone has to know that the client has left, and not unsubscribed.
            connection.Closing.Cancel();
            await connection.Subscriptions.LeaveAsync().ConfigureAwait(false);
            connection.Closing.MarkEnded();
            connection.KeepAlive?.Clear();
            connection.EdgeTenant.Tenant.Quotas.RemoveConnection();
            await DisconnectAsync(disconnect with { SentBelow = connection.Outbox.SentBelow }).ConfigureAwait(false);
        }
        finally
        {
            // A newer connection that wants the session has waited for this: a DISCONNECT counts, not that it was in a hurry.
            connection.EdgeTenant.Unregister(connection);
            connection.Ledger.Release();
            connection.Closing.MarkReported();
        }

        var redispatching = RedispatchAsync(unfinished);
        if (!connection.Cluster.HasOtherEdges)
            await redispatching.ConfigureAwait(false);
        else
            Background.Run(redispatching, node.Logger, "Redispatch of shared messages of a connection that has ended");
        LogDisconnected(node.Logger, connection.EdgeTenant.Tenant.Name, connection.ClientId, farewell ?? ReasonCode.Success);
    }

    /// <summary>Waits a while until a client that said goodbye has read what was flushed. One that does not read is cut off.</summary>
    public async ValueTask SendLastAsync(bool hasSaidGoodbye, ClientTransport transport)
    {
        if (hasSaidGoodbye)
            await connection.Outbox.Flushing.WaitAsync(MaxWait, node.Time, CancellationToken.None).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (connection.Outbox.IsStalled)
            transport.Abort();
    }

    /// <summary>Other members of shared subscriptions get what this client has not acknowledged.</summary>
    private async Task RedispatchAsync(IReadOnlyList<Delivery> unfinished)
    {
        foreach (var group in unfinished.GroupBy(delivery => delivery.Group!))
        {
            try
            {
                foreach (var shard in connection.Cluster.ShardsOf(connection.EdgeTenant.Tenant.Name, group.Key.Filter).Take(1))
                    await shard.RedispatchAsync(connection.ClientId, [.. group]).ConfigureAwait(false);
            }
            catch (StoreUnavailableException error)
            {
                LogRedispatchFailed(node.Logger, connection.EdgeTenant.Tenant.Name, group.Key.Filter, connection.ClientId, error.Message);
            }
        }
    }

    /// <summary>Lets the session end, or continue without a connection. A store that does not answer does not keep the socket open.</summary>
    private async ValueTask DisconnectAsync(SessionDisconnect disconnect)
    {
        var disconnecting = connection.Session.DisconnectAsync(connection.Epoch, disconnect);
        if (disconnecting.IsCompletedSuccessfully)
            return;
        var reporting = ReportAsync(disconnecting.AsTask(), disconnect);
        await reporting.WaitAsync(MaxWait, node.Time).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        Background.Run(reporting, node.Logger, "Report of a connection's end to its session");
    }

    /// <summary>A session of this process repeats what could not be stored itself. One of another process has to be told again.</summary>
    private async Task ReportAsync(Task disconnecting, SessionDisconnect disconnect)
    {
        while (true)
        {
            try
            {
                await disconnecting.ConfigureAwait(false);
                return;
            }
            catch (Exception error)
            {
                LogNotReported(node.Logger, connection.EdgeTenant.Tenant.Name, connection.ClientId, error.Message);
                if (error is not StoreUnavailableException || !connection.Cluster.HasOtherEdges)
                    return;
            }

            await Task.Delay(RetryDelay, node.Time).ConfigureAwait(false);
            // An edge that has lost its place has lost its connections, as far as everybody else knows. A tenant that is removed has no sessions.
            if (node.Edge.Id != connection.EdgeId || connection.EdgeTenant.Tenant.IsRemoved)
                return;
            disconnecting = connection.Session.DisconnectAsync(connection.Epoch, disconnect).AsTask();
        }
    }

    /// <summary>Only MQTT 5 clients are told why ([MQTT-4.13.1-1], [MQTT-3.14.0-1]).</summary>
    private byte[] Farewell(ReasonCode? reason)
    {
        if (reason is null || connection.Version != ProtocolVersion.Mqtt5)
            return [];
        var packet = new ArrayBufferWriter<byte>(16);
        var elsewhere = reason is ReasonCode.UseAnotherServer or ReasonCode.ServerMoved ? node.Options.Drain.ServerReference : null;
        new DisconnectPacket { ReasonCode = reason.Value, ServerReference = elsewhere }.Encode(packet, connection.Version, connection.MaximumPacketSize);
        return packet.WrittenSpan.ToArray();
    }

    [LoggerMessage(Level = LogLevel.Debug, Message = "Tenant {Tenant}: messages of shared subscription '{Filter}' that client '{ClientId}' left could not be redispatched: {Problem}")]
    private static partial void LogRedispatchFailed(ILogger logger, string tenant, ForeignText filter, ForeignText clientId, string problem);

    [LoggerMessage(Level = LogLevel.Debug, Message = "Tenant {Tenant}: the session of client '{ClientId}' was not told of the end of its connection: {Problem}")]
    private static partial void LogNotReported(ILogger logger, string tenant, ForeignText clientId, string problem);

    [LoggerMessage(Level = LogLevel.Debug, Message = "Tenant {Tenant}: client '{ClientId}' disconnected ({ReasonCode})")]
    private static partial void LogDisconnected(ILogger logger, string tenant, ForeignText clientId, ReasonCode reasonCode);
}
