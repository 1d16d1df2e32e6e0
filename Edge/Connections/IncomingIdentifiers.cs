using Starling.Broker.Tenants.Quotas;
using Starling.Edge.Nodes;
using Starling.Protocol;

namespace Starling.Edge.Connections;

/// <summary>
/// The packet identifiers of what a client publishes at QoS 1 and 2: they tell a repeated QoS 2 message from a new one, and how many messages
/// are unacknowledged. Used by the connection's reader alone.
/// </summary>
/// <param name="receivedBefore">QoS 2 messages that an earlier connection of the session has received and whose PUBREL has not come.</param>
internal sealed class IncomingIdentifiers(EdgeConnection connection, IReadOnlyList<ushort> receivedBefore)
{
    private readonly HashSet<ushort> _received = [.. receivedBefore];

    /// <summary>Those of an earlier connection that the client has not come back to: they don't count in this one (section 4.9).</summary>
    private readonly HashSet<ushort> _heldOver = [.. receivedBefore];
    private readonly List<ushort> _changed = [];
    private int _unacknowledged;

    /// <summary>Whether the session has to <see cref="RecordAsync"/>.</summary>
    public bool HasChanged => _changed.Count > 0;

    /// <summary>Comes before anything is kept of the message: what is refused here the client sends again, as new, in its next connection.</summary>
    /// <exception cref="MqttProtocolException">ReceiveMaximumExceeded.</exception>
    public void CheckReceiveMaximum(in PublishPacket packet)
    {
        if (packet.QoS == QualityOfService.AtMostOnce)
            return;
        var heldOver = _heldOver.Contains(packet.PacketIdentifier);
        if (packet.QoS == QualityOfService.ExactlyOnce && _received.Contains(packet.PacketIdentifier) && !heldOver)
            return;
        if (connection.Version == ProtocolVersion.Mqtt5 && _unacknowledged + _received.Count - _heldOver.Count >= connection.ReceiveMaximum)
        {
            throw new MqttProtocolException(
                connection.EdgeTenant.Tenant.Quotas.Refuse(TenantLimit.ReceiveMaximum),
                $"PUBLISH: more than {connection.ReceiveMaximum} messages unacknowledged [MQTT-3.3.4-7]");
        }

        if (packet.QoS == QualityOfService.AtLeastOnce)
            _unacknowledged++;
        else
            _heldOver.Remove(packet.PacketIdentifier);
    }

    /// <summary>Takes in a QoS 2 message.</summary>
    /// <returns>False when it repeats one that has been received.</returns>
    public bool TryReceive(ushort identifier)
    {
        if (!_received.Add(identifier))
            return false;
        _changed.Add(identifier);
        return true;
    }

    /// <summary>
    /// Carries out PUBREL: the packet identifier may be used again ([MQTT-4.3.3-11]). Inboxes are told of one that is not known here, too:
    /// to them the next message that has it would be a repeat.
    /// </summary>
    /// <returns>Whether the identifier was known.</returns>
    public bool Release(ushort identifier)
    {
        _heldOver.Remove(identifier);
        _changed.Add(identifier);
        return _received.Remove(identifier);
    }

    /// <summary>A refused QoS 2 message does not wait for PUBREL ([MQTT-4.3.3-10]).</summary>
    public void Refuse(ushort identifier) => _received.Remove(identifier);

    /// <summary>The client will send the message again as new: it does not count as received.</summary>
    public void Undo(ushort identifier)
    {
        _received.Remove(identifier);
        _changed.RemoveAll(changed => changed == identifier);
    }

    /// <summary>Tells the session what was received and released since the last <see cref="BeginBatch"/>.</summary>
    public ValueTask RecordAsync() => connection.Session.RecordReceivedAsync(
        connection.Epoch,
        [.. _changed.Where(_received.Contains).Distinct()],
        [.. _changed.Where(identifier => !_received.Contains(identifier)).Distinct()]);

    public void BeginBatch()
    {
        _changed.Clear();
        _unacknowledged = 0;
    }
}
