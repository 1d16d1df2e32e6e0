using System.Buffers;
using Starling.Broker.Contracts;
using Starling.Broker.Messages;
using Starling.Protocol;

namespace Starling.Edge.Connections;

/// <summary>How a connection ends, and what is left to others then.</summary>
internal sealed partial class ClientConnection
{
    /// <summary>How long the end of a connection waits for the session, and for a client that said goodbye to read on.</summary>
    private static readonly TimeSpan LongestGoodbye = TimeSpan.FromSeconds(1);

    private static readonly TimeSpan GoodbyeAgain = TimeSpan.FromSeconds(1);

    private async ValueTask EndAsync(ReasonCode? farewell, SessionDisconnect disconnect)
    {
        var unfinished = Outbox.Close(Farewell(farewell));
        if (_counted)
            Counters.ConnectionsOpen.Decrement();
        try
        {
            // Before the subscriptions go here: a replay that finds them gone has to know that the client has left, and not unsubscribed.
            Volatile.Read(ref _closing)?.Cancel();
            await _subscriptions.LeaveAsync().ConfigureAwait(false);
            // Now nothing more goes out and nothing comes in.
            HasEnded = true;
            Volatile.Read(ref _closing)?.Cancel();
            KeepAlive?.Forget();
            EdgeTenant.Tenant.Quotas.RemoveConnection();
            await DisconnectAsync(disconnect with { SentBelow = Outbox.SentBelow }).ConfigureAwait(false);
        }
        finally
        {
            // A newer connection that wants the session has waited for this: a DISCONNECT counts, not that it was in a hurry.
            EdgeTenant.Unregister(this);
            Interlocked.Exchange(ref _hasLeft, true);
            Volatile.Read(ref _ended)?.TrySetResult();
        }

        var redispatching = RedispatchAsync(unfinished);
        if (!Node.Cluster.HasOtherEdges)
            await redispatching.ConfigureAwait(false);
        Log.Disconnected(Node.Logger, EdgeTenant.Tenant.Name, ClientId, farewell ?? ReasonCode.Success);
    }

    /// <summary>Other members of shared subscriptions get what this client has not acknowledged.</summary>
    private async Task RedispatchAsync(IReadOnlyList<Delivery> unfinished)
    {
        foreach (var group in unfinished.GroupBy(delivery => delivery.Group!))
        {
            try
            {
                foreach (var shard in Node.Cluster.ShardsOf(EdgeTenant.Tenant.Name, group.Key.Filter).Take(1))
                    await shard.RedispatchAsync(ClientId, [.. group]).ConfigureAwait(false);
            }
            catch (StoreUnavailableException error)
            {
                NotEnded(error);
            }
        }
    }

    /// <summary>Lets the session end or go on. A store that does not answer does not keep the socket open.</summary>
    private async ValueTask DisconnectAsync(SessionDisconnect disconnect)
    {
        var disconnecting = Session.DisconnectAsync(Epoch, disconnect);
        if (!disconnecting.IsCompletedSuccessfully)
            await RunDueWorkAsync(disconnecting.AsTask(), disconnect).WaitAsync(LongestGoodbye, Node.Time).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    /// <summary>A session of this process sees to it itself, later. One of another process has to be told again.</summary>
    private async Task RunDueWorkAsync(Task disconnecting, SessionDisconnect disconnect)
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
                NotEnded(error);
                if (error is not StoreUnavailableException || !Node.Cluster.HasOtherEdges)
                    return;
            }

            await Task.Delay(GoodbyeAgain, Node.Time).ConfigureAwait(false);
            // An edge that has lost its place has lost its connections, as far as everybody else knows. A tenant that is removed has no sessions.
            if (Node.Edge.Id != _accepted.EdgeId || EdgeTenant.Tenant.IsRemoved)
                return;
            disconnecting = Session.DisconnectAsync(Epoch, disconnect).AsTask();
        }
    }

    private void NotEnded(Exception error) => Log.NotEnded(Node.Logger, EdgeTenant.Tenant.Name, ClientId, error.Message);

    /// <summary>Only MQTT 5 clients are told why ([MQTT-4.13.1-1], [MQTT-3.14.0-1]).</summary>
    private byte[] Farewell(ReasonCode? reason)
    {
        if (reason is null || Version != ProtocolVersion.Mqtt5)
            return [];
        var packet = new ArrayBufferWriter<byte>(16);
        var elsewhere = reason is ReasonCode.UseAnotherServer or ReasonCode.ServerMoved ? Node.Options.Drain.ServerReference : null;
        new DisconnectPacket { ReasonCode = reason.Value, ServerReference = elsewhere }.Encode(packet, Version, _accepted.Outbox.MaximumPacketSize);
        return packet.WrittenSpan.ToArray();
    }
}
