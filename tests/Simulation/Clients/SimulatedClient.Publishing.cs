using System.Buffers;
using Starling.Protocol;
using Starling.Simulation.History;

namespace Starling.Simulation.Clients;

internal sealed partial class SimulatedClient
{
    private const int MaxUnfinished = 12;

    private readonly OutgoingMessages _outgoing = new();
    private readonly List<SentMessage> _again = [];
    private bool _quiet;

    /// <summary>Publishes nothing more by itself, and has no whims; it stays, or comes back.</summary>
    public void CalmDown()
    {
        _quiet = true;
        _link?.ResumeReading();
        Reconnect();
    }

    /// <summary>Publishes one message, if it is connected.</summary>
    public SentMessage? Publish(string topic, QualityOfService qos, bool retain = false)
    {
        if (!_accepted)
            return null;
        var message = _history.New(_plan.Tenant, _plan.ClientId, topic, qos, retain, _dice.Int(8, Math.Max(9, _plan.Size + 1)));
        Publish(message);
        return message;
    }

    private void PublishNext()
    {
        if (_quiet || _stopped)
            return;
        _scheduler.After(_dice.Span(0, 2 * _plan.Pace), PublishNext);
        // Now and then some at once, as one read brings them.
        for (var burst = _dice.Chance(0.2) ? _dice.Int(1, 6) : 1; burst > 0 && _outgoing.Count < MaxUnfinished; burst--)
            Publish(_dice.Pick(_plan.Topics), _dice.Pick(_plan.QoS), _plan.Retains);
    }

    private void Publish(SentMessage message)
    {
        message.Connection = _connections;
        if (message.QoS == QualityOfService.AtMostOnce)
        {
            Write(message, 0, dup: false);
            return;
        }

        var unfinished = _outgoing.Add(message);
        Write(message, unfinished.PacketIdentifier, dup: false);
        AwaitAnswer(unfinished);
    }

    private void AwaitAnswer(Unfinished unfinished)
    {
        var link = _link!;
        Await(link, $"the answer to {unfinished.Message}", () => link == _link && _outgoing.All.Contains(unfinished));
    }

    /// <summary>What the session still has to finish, in its order; what a lost session had begun comes as new.</summary>
    private void Repeat()
    {
        foreach (var unfinished in _outgoing.All)
        {
            if (unfinished.IsReceived)
                Acknowledge(PacketType.PubRel, unfinished.PacketIdentifier);
            else
                Write(unfinished.Message, unfinished.PacketIdentifier, dup: true);
            AwaitAnswer(unfinished);
        }

        var again = _again.ToArray();
        _again.Clear();
        foreach (var message in again)
            Publish(message);
    }

    private void Write(SentMessage message, ushort identifier, bool dup)
    {
        _trace.Add(_name, "publishes", message.Number);
        message.IsRepeated |= dup;
        var payload = message.Payload();
        Send(writer =>
        {
            var head = new PublishHead
            {
                Version = _plan.Version,
                Dup = dup,
                QoS = message.QoS,
                Retain = message.Retain,
                Topic = System.Text.Encoding.UTF8.GetBytes(message.Topic),
                PacketIdentifier = identifier,
                PayloadLength = payload.Length,
            };
            writer.Advance(head.Write(writer.GetSpan(head.Length)));
            writer.Write(payload);
        });
    }

    private void Answered(AckPacket ack)
    {
        if (_outgoing.Find(ack.PacketIdentifier) is not { } unfinished)
        {
            // PUBCOMP for a PUBREL that was sent twice is no mistake.
            if (ack.Type != PacketType.PubComp)
                _history.Violate($"{_name} got {ack.Type} {ack.PacketIdentifier}, which answers nothing");
            return;
        }

        var message = unfinished.Message;
        if (ack.ReasonCode >= ReasonCode.UnspecifiedError && ack.Type != PacketType.PubComp)
        {
            message.IsRefused = message.AckedAt is null;
            _outgoing.Remove(unfinished);
            return;
        }

        switch (ack.Type)
        {
            case PacketType.PubRec when message.QoS == QualityOfService.ExactlyOnce:
                message.AckedAt ??= _scheduler.Now;
                unfinished.IsReceived = true;
                Acknowledge(PacketType.PubRel, ack.PacketIdentifier);
                break;
            case PacketType.PubAck when message.QoS == QualityOfService.AtLeastOnce:
                message.AckedAt ??= _scheduler.Now;
                _outgoing.Remove(unfinished);
                break;
            case PacketType.PubComp when unfinished.IsReceived:
                _outgoing.Remove(unfinished);
                break;
            default:
                _history.Violate($"{_name} got {ack.Type} for {message}");
                break;
        }
    }

    private void Acknowledge(PacketType type, ushort identifier) => Send(writer => new AckPacket(type, identifier).Encode(writer, _plan.Version));
}
