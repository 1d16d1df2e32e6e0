using Starling.Broker.Contracts;
using Starling.Broker.Metrics;
using Starling.Broker.Tenants.Quotas;
using Starling.Edge.Nodes;
using Starling.Edge.Transports;
using Starling.Protocol;

namespace Starling.Edge.Connections;

/// <summary>Serves a client whose CONNECT was accepted, from its CONNACK to the end of its connection.</summary>
internal sealed partial class ClientConnection
{
    private readonly EdgeServices _node;
    private readonly ClientTransport _transport;
    private readonly AcceptedConnect _accepted;
    private readonly EdgeConnection _connection;
    private ConnAckPacket? _connAck;
    private bool _counted;

    public ClientConnection(ClientTransport transport, AcceptedConnect accepted, ConnAckPacket connAck, EdgeServices node)
    {
        _node = node;
        _transport = transport;
        _accepted = accepted;
        _connAck = connAck;
        _connection = new EdgeConnection(transport, accepted, node.Cluster, node.Time, node.Logger);
    }

    private EdgeTenant EdgeTenant => _accepted.Tenant;

    private TenantCounters Counters => _accepted.Tenant.Counters;

    /// <param name="drain">Fires when the broker shuts down.</param>
    public async Task ServeAsync(CancellationToken drain)
    {
        var disconnect = SessionDisconnect.Lost;
        var hasSaidGoodbye = false;
        ReasonCode? farewell = null;
        try
        {
            if (!SendConnAck())
            {
                disconnect = new SessionDisconnect(PublishWill: false);
                return;
            }

            farewell = ReasonCode.SessionTakenOver;
            if (!EdgeTenant.TryRegister(_connection))
                return;
            farewell = ReasonCode.ServerBusy;
            // The edge closes those it knows when it loses its place in the cluster; this one may have come too late for that.
            if (!_node.Edge.IsOpen || _node.Edge.Id != _accepted.EdgeId)
                return;
            farewell = ReasonCode.NotAuthorized;
            // Users are revoked on the connections that the edge knows; this one may have logged in before and come too late for that.
            if (!_connection.IsStillAllowed)
                return;
            farewell = ReasonCode.SessionTakenOver;
            _transport.ClientCertificate?.OnRevoked(() => _connection.Closing.Begin(ReasonCode.NotAuthorized));
            CountOpen();
            _node.KeepAlive.Add(_connection);
            if (_connection.Access.Version != EdgeTenant.Tenant.Version)
                _connection.RefreshAccess();
            await _connection.Subscriptions.ResumeAsync(_accepted.Session.Subscriptions).ConfigureAwait(false);
            _connection.Outbox.Flush();
            if (!await _connection.Session.StartAsync(_connection.Epoch, _accepted.Outbox.ReceiveMaximum).ConfigureAwait(false))
                return;
            // The edge closes those it knows when the broker shuts down; this one may have come too late for that.
            if (drain.IsCancellationRequested)
                _connection.Closing.Begin(_node.Options.Drain.ReasonCode);
            farewell = ReasonCode.UnspecifiedError;
            var receiver = new PacketReceiver(_connection, _transport.Input, _node, _accepted);
            var goodbye = await receiver.ReceiveAsync().ConfigureAwait(false);
            hasSaidGoodbye = goodbye is not null;
            disconnect = goodbye ?? disconnect;
            farewell = hasSaidGoodbye ? null : _connection.Closing.Reason;
        }
        catch (MqttProtocolException error)
        {
            Counters.ProtocolErrors.Increment();
            if (error.ReasonCode == ReasonCode.PacketTooLarge)
                EdgeTenant.Tenant.Quotas.Refuse(TenantLimit.PacketSize);
            LogProtocolError(_node.Logger, EdgeTenant.Tenant.Name, _connection.ClientId, error.ReasonCode, error.Message);
            farewell = error.ReasonCode;
        }
        catch (StaleEpochException)
        {
            farewell = ReasonCode.SessionTakenOver;
        }
        catch (StoreUnavailableException error)
        {
            LogNotStored(_node.Logger, EdgeTenant.Tenant.Name, _connection.ClientId, error.Message);
            farewell = ReasonCode.ServerBusy;
        }
        finally
        {
            var ending = new ConnectionEnding(_connection, _node);
            if (_counted)
                Counters.ConnectionsOpen.Decrement();
            await ending.EndAsync(farewell, disconnect).ConfigureAwait(false);
            await ending.SendLastAsync(hasSaidGoodbye, _transport).ConfigureAwait(false);
        }
    }

    private bool SendConnAck()
    {
        // Nothing of the CONNECT is kept for as long as the connection lives.
        var connAck = _connAck!;
        _connAck = null;
        if (_connection.TrySend(connAck))
            return true;
        LogConnAckTooLarge(_node.Logger, EdgeTenant.Tenant.Name, _connection.ClientId, _connection.MaximumPacketSize);
        return false;
    }

    private void CountOpen()
    {
        _transport.Established();
        Counters.ConnectionsOpen.Increment();
        _counted = true;
        Counters.ConnectionsAccepted.Increment();
        Counters.ConnectionsMaximum.RaiseTo(Counters.ConnectionsOpen.Value);
    }
}
