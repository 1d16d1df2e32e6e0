using System.Text;
using Starling.Protocol;
using Starling.Simulation.History;
using Starling.Simulation.Transport;

namespace Starling.Simulation.Clients;

internal sealed partial class SimulatedClient
{
    private readonly HashSet<ushort> _received = [];
    private TimeSpan _lastAck;
    private int _pings;

    private void Take(PublishPacket packet)
    {
        _lastReceived = _scheduler.Now;
        var topic = Encoding.UTF8.GetString(packet.Topic);
        var identifier = packet.PacketIdentifier;
        // A QoS 2 message that has not been released is the one that is here already.
        if (packet.QoS == QualityOfService.ExactlyOnce && !_received.Add(identifier))
        {
            Later(PacketType.PubRec, identifier);
            return;
        }

        if (_history.Find(packet.Payload, topic) is { } message)
        {
            _trace.Add(_name, "gets", message.Number);
            _trace.Note(_name, $"{message} at QoS {(int)packet.QoS}{(packet.Dup ? ", DUP" : "")}");
            if (message.Tenant != _plan.Tenant)
                _history.Violate($"{_name} got {message}: another tenant's");
            if (_session is null)
                _history.Violate($"{_name} got {message} before CONNACK");
            else
                _session.Receipts.Add(new Receipt(message, _scheduler.Now, packet.QoS, packet.Retain, packet.Dup, _connections));
        }

        if (packet.QoS == QualityOfService.AtLeastOnce)
            Later(PacketType.PubAck, identifier);
        else if (packet.QoS == QualityOfService.ExactlyOnce)
            Later(PacketType.PubRec, identifier);
    }

    private void Release(AckPacket release)
    {
        _received.Remove(release.PacketIdentifier);
        Later(PacketType.PubComp, release.PacketIdentifier);
    }

    /// <summary>Acknowledges after a while, in the order in which messages came.</summary>
    private void Later(PacketType type, ushort identifier)
    {
        if (_plan.AckDelay == 0)
        {
            Acknowledge(type, identifier);
            return;
        }

        var link = _link;
        var at = _scheduler.Now + _dice.Span(0, _plan.AckDelay);
        _lastAck = at > _lastAck ? at : _lastAck;
        _scheduler.At(_lastAck, () =>
        {
            if (link == _link)
                Acknowledge(type, identifier);
        });
    }

    private void Ping(ClientLink link) => _scheduler.After(TimeSpan.FromSeconds(_plan.KeepAlive * 0.7), () =>
    {
        if (link != _link)
            return;
        if (_pings > 1 && !_quiet)
        {
            // Nobody is there any more.
            link.Close();
            Closed(link);
            return;
        }

        _pings++;
        link.Send(PingReqPacket.Bytes);
        Ping(link);
    });
}
