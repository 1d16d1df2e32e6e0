using Starling.Protocol;
using Starling.Simulation.History;
using Starling.Simulation.Transport;

namespace Starling.Simulation.Clients;

internal sealed partial class SimulatedClient
{
    private const ushort FirstSubscribeIdentifier = 1000;

    private readonly Dictionary<ushort, (string Filter, QualityOfService QoS)[]> _subscribing = [];
    private ushort _subscribeIdentifier = FirstSubscribeIdentifier;
    private string? _unsubscribing;
    private bool _mustResubscribe;

    /// <summary>A connection of this client that a newer one is to end.</summary>
    private ClientLink? _zombie;

    /// <summary>Ends the connection for good, as a client does that says goodbye.</summary>
    public void Leave()
    {
        _stopped = true;
        if (_link is not null)
            SayGoodbye();
    }

    private void Resubscribe(bool present)
    {
        var missing = _plan.Subscriptions
            .Where(s => !present || !_session!.Subscriptions.Exists(span => span.Filter == s.Filter && span.RemovedAt is null)).ToArray();
        _mustResubscribe = missing.Length > 0;
        if (missing.Length > 0)
            Subscribe(missing);
    }

    private void Subscribe(params (string Filter, QualityOfService QoS)[] subscriptions)
    {
        var identifier = ++_subscribeIdentifier;
        _subscribing.Add(identifier, subscriptions);
        Send(writer => new SubscribePacket
        {
            PacketIdentifier = identifier,
            Subscriptions = [.. subscriptions.Select(s => new SubscriptionRequest(s.Filter, new SubscriptionOptions(s.QoS)))],
        }.Encode(writer, _plan.Version));
        var link = _link!;
        Await(link, "SUBACK", () => link == _link && _subscribing.ContainsKey(identifier));
    }

    private void Subscribed(SubAckPacket packet)
    {
        if (!_subscribing.Remove(packet.PacketIdentifier, out var subscriptions))
        {
            _history.Violate($"{_name} got SUBACK {packet.PacketIdentifier}, which answers nothing");
            return;
        }

        for (var i = 0; i < subscriptions.Length; i++)
        {
            if (packet.ReasonCodes[i] >= ReasonCode.UnspecifiedError)
                _history.Violate($"{_name} may not subscribe to {subscriptions[i].Filter}: {packet.ReasonCodes[i]}");
            else if (!_session!.Subscriptions.Exists(s => s.Filter == subscriptions[i].Filter && s.RemovedAt is null))
                _session.Subscriptions.Add(new SubscriptionSpan(subscriptions[i].Filter, subscriptions[i].QoS, _scheduler.Now));
        }

        _mustResubscribe = false;
    }

    /// <summary>What clients do besides publishing: they leave, vanish, come back elsewhere, subscribe to other things, do not read.</summary>
    private void FollowWhim()
    {
        if (_quiet || _stopped)
            return;
        _scheduler.After(_dice.Span(0, 2 * _plan.Restlessness), FollowWhim);
        if (!_accepted)
            return;
        switch (_dice.Int(0, 8))
        {
            case 0 or 1:
                SayGoodbye();
                break;
            case 2:
                _trace.Add(_name, "breaks off");
                _link!.Close();
                EndConnection();
                break;
            case 3:
                _trace.Add(_name, "vanishes");
                _link!.Vanish(_dice.Span(100, 6000));
                EndConnection();
                break;
            case 4 or 5:
                _trace.Add(_name, "takes over");
                _zombie = _link;
                Connect();
                return;
            case 6:
                SubscribeAnew();
                return;
            default:
                if (_plan.IsSlow)
                    PauseReading();
                return;
        }

        _scheduler.After(_dice.Chance(0.7) ? _dice.Span(5, 500) : _dice.Span(500, 9000), Reconnect);
    }

    private void SayGoodbye()
    {
        _trace.Add(_name, "says goodbye");
        // One that says goodbye to nobody has said nothing.
        if (_will is { } will && _link!.EndedAt is null)
            will.GoodbyeAt = _scheduler.Now;
        Send(writer => new DisconnectPacket().Encode(writer, _plan.Version));
        _link!.Close();
        EndConnection();
    }

    private void SubscribeAnew()
    {
        if (_session is not { } session || _unsubscribing is not null || _subscribing.Count > 0)
            return;
        if (session.Subscriptions.Find(s => s.RemovedAt is null) is not { } present)
            return;
        // A durable session that changes over at this very moment may rightly get a message or not.
        present.RemovedAt = _scheduler.Now;
        _unsubscribing = present.Filter;
        var identifier = ++_subscribeIdentifier;
        Send(writer => new UnsubscribePacket { PacketIdentifier = identifier, TopicFilters = [present.Filter] }.Encode(writer, _plan.Version));
        var link = _link!;
        Await(link, "UNSUBACK", () => link == _link && _unsubscribing == present.Filter);
        if (_plan.Subscriptions.FirstOrDefault(s => s.Filter == present.Filter) is { Filter: not null } again)
            Subscribe(again);
    }

    private void PauseReading()
    {
        var link = _link!;
        link.StopReading();
        _session!.WasSlow = true;
        _scheduler.After(_dice.Span(200, 4000), link.ResumeReading);
    }
}
