using Starling.Broker.Contracts;
using Starling.Edge.Nodes;
using Starling.Protocol;

namespace Starling.Edge.Connections;

/// <summary>The acknowledgements of a client (PUBACK, PUBREC, PUBCOMP): those of one read reach its session together.</summary>
internal sealed class AckReceiver(EdgeConnection connection, Replies replies)
{
    // Made when there is something for them: most connections are idle most of the time.
    private List<InboxAck>? _acks;
    private List<ushort>? _received;

    /// <summary>Whether the session has to be told something (<see cref="CompleteAsync"/>).</summary>
    public bool HasInboxAcks => _acks is { Count: > 0 };

    /// <summary>Takes in an acknowledgement; messages that waited for it are written, and PUBREL where nothing has to be stored first.</summary>
    /// <returns>Whether the outbox has to be flushed.</returns>
    /// <exception cref="MqttProtocolException">It acknowledges a message of another QoS or state.</exception>
    public bool Acknowledge(in AckPacket ack)
    {
        var outcome = connection.Outbox.Acknowledge(ack);
        if (outcome.IsMismatch)
            throw new MqttProtocolException(ReasonCode.ProtocolError, $"{ack.Type} for packet identifier {ack.PacketIdentifier}, whose message has another QoS or state");
        if (!outcome.Known)
        {
            if (ack is { Type: PacketType.PubRec, ReasonCode: < ReasonCode.UnspecifiedError })
                replies.Add(new AckPacket(PacketType.PubRel, ack.PacketIdentifier, ReasonCode.PacketIdentifierNotFound));
            return outcome.FlushNeeded;
        }

        if (outcome.IsOfInbox)
        {
            (_acks ??= []).Add(new InboxAck(outcome.Number, outcome.Received));
            if (outcome.Received)
                (_received ??= []).Add(ack.PacketIdentifier);
        }
        else if (outcome.Received)
        {
            replies.Add(new AckPacket(PacketType.PubRel, ack.PacketIdentifier));
        }

        if (outcome is { Freed: true, Group: { } group })
            connection.CompletedShared(group);
        return outcome.FlushNeeded;
    }

    /// <summary>Entries that were skipped are acknowledged along with the client's.</summary>
    public void TakeSkipped()
    {
        if (connection.Outbox.TakeSkipped() is { } skipped)
            (_acks ??= []).AddRange(skipped);
    }

    /// <summary>Tells the session. PUBREL follows when the PUBREC is stored, or a crash could bring the message twice.</summary>
    public async ValueTask CompleteAsync()
    {
        InboxAck[] acks = [.. _acks!];
        _acks!.Clear();
        await connection.Session.AcknowledgeAsync(connection.Epoch, acks).ConfigureAwait(false);
        if (_received is not { Count: > 0 })
            return;
        foreach (var identifier in _received)
            replies.Add(new AckPacket(PacketType.PubRel, identifier));
        _received.Clear();
    }
}
