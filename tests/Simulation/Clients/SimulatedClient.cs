using System.Buffers;
using Starling.Protocol;
using Starling.Simulation.History;
using Starling.Simulation.Time;
using Starling.Simulation.Transport;

namespace Starling.Simulation.Clients;

/// <summary>
/// A client as MQTT wants one: it connects to any edge, keeps its session's state across connections, repeats what was not answered, and
/// keeps to packet identifiers. It notes all it sees in the history, and says when it waits too long for an answer.
/// </summary>
internal sealed partial class SimulatedClient : ILinkClient
{
    /// <summary>How long an answer may take that nothing is in the way of: an outage, a dead silo and a link that gives up are among it.</summary>
    public static readonly TimeSpan LongestAnswer = TimeSpan.FromSeconds(75);

    /// <summary>How long a connection may live on after a newer one was accepted: that of an edge that is cut off ends with its lease.</summary>
    private static readonly TimeSpan LongestZombie = TimeSpan.FromSeconds(30);

    /// <summary>Longer than what waits for a client is ever left waiting.</summary>
    private static readonly TimeSpan Quiet = TimeSpan.FromSeconds(3);

    private readonly ClientPlan _plan;
    private readonly IEntrance _entrance;
    private readonly Scheduler _scheduler;
    private readonly Dice _dice;
    private readonly Trace _trace;
    private readonly RunHistory _history;
    private readonly string _name;
    private PacketStream _stream = new();
    private ClientLink? _link;
    private SessionSpan? _session;
    private WillSpan? _will;
    private TimeSpan _lastConnected;
    private TimeSpan _lastReceived;
    private bool _accepted;
    private bool _stopped;
    private int _connections;

    public SimulatedClient(ClientPlan plan, IEntrance entrance, Scheduler scheduler, Dice dice, Trace trace, RunHistory history)
    {
        (_plan, _entrance, _scheduler, _dice, _trace, _history) = (plan, entrance, scheduler, dice, trace, history);
        _name = $"{plan.Tenant}/{plan.ClientId}";
    }

    public ClientPlan Plan => _plan;

    public SessionSpan? Session => _session;

    public bool IsConnected => _accepted;

    /// <summary>Whether it is connected, subscribed, all it has published is answered, and nothing more comes.</summary>
    public bool IsSettled => _stopped
        || (_accepted && _outgoing.Count == 0 && _subscribing.Count == 0 && !_mustResubscribe && _pings <= 1 && _scheduler.Now - _lastReceived >= Quiet);

    /// <summary>What it still waits for.</summary>
    public string State =>
        $"{_name} ({_link?.Id}{(_link is { IsOpen: false } ? ", which has ended" : "")}, {_outgoing.Count} messages, {_subscribing.Count} SUBACK, {_pings} PINGRESP)";

    private bool IsV5 => _plan.Version == ProtocolVersion.Mqtt5;

    public void Start() => _scheduler.After(_dice.Span(0, 300), () =>
    {
        Connect();
        if (_plan.Topics.Count > 0)
            _scheduler.After(_dice.Span(0, 2 * _plan.Pace), PublishNext);
        if (_plan.Restlessness > 0)
            _scheduler.After(_dice.Span(0, 2 * _plan.Restlessness), FollowWhim);
    });

    /// <summary>Opens a connection to an edge, whatever becomes of an older one.</summary>
    public void Connect()
    {
        if (_stopped)
            return;
        var link = _entrance.Connect(this, _plan.Tenant, _plan.IsSlow ? 2048 : 64 * 1024);
        if (link is null)
        {
            _scheduler.After(_dice.Span(50, 500), Reconnect);
            return;
        }

        EndConnection();
        _link = link;
        _connections++;
        _stream = new PacketStream();
        _trace.Add(_name, "connect " + link.Id);
        if (_plan.Will is { } will)
        {
            var message = _history.New(_plan.Tenant, _plan.ClientId, will.Topic, will.QoS, retain: false, isWill: true);
            _history.Wills.Add(_will = new WillSpan(message, TimeSpan.FromSeconds(IsV5 ? will.DelaySeconds : 0), _session) { Edge = link.Edge });
        }

        Send(writer => Packet(_will).Encode(writer));
        Await(link, "CONNECT", () => link == _link && !_accepted);
    }

    public void Received(ClientLink link, byte[] bytes)
    {
        if (link != _link)
            return;
        _stream.Add(bytes);
        while (link == _link && _stream.TryTake(_plan.Version, out var header, out var body))
            Handle(header, body);
    }

    public void Closed(ClientLink link)
    {
        _trace.Add(_name, "closed " + link.Id);
        if (link != _link)
            return;
        EndConnection();
        _scheduler.After(_dice.Span(5, 400), Reconnect);
    }

    public void ServerFailed(ClientLink link, Exception error) =>
        _history.Violate($"{_name}: serving its connection failed: {error}");

    private void Reconnect()
    {
        if (_link is null)
            Connect();
    }

    private ConnectPacket Packet(WillSpan? will) => new()
    {
        ProtocolVersion = _plan.Version,
        ClientIdentifier = _plan.ClientId,
        CleanStart = !_plan.IsDurable,
        SessionExpiryInterval = IsV5 && _plan.IsDurable ? _plan.ExpirySeconds : null,
        ReceiveMaximum = IsV5 ? _plan.ReceiveMaximum : null,
        KeepAlive = _plan.KeepAlive,
        Will = will is null ? null : new Will
        {
            Topic = will.Message.Topic,
            Payload = will.Message.Payload(),
            QoS = will.Message.QoS,
            WillDelayInterval = IsV5 ? _plan.Will!.DelaySeconds : 0,
        },
    };

    private void Handle(FixedHeader header, byte[] body)
    {
        _trace.Add(_name, header.Type.ToString(), body.Length);
        switch (header.Type)
        {
            case PacketType.ConnAck:
                Accepted(ConnAckPacket.Decode(body, _plan.Version));
                break;
            case PacketType.Publish:
                Take(PublishPacket.Decode(header.Flags, body, _plan.Version, PublishSender.Server));
                break;
            case PacketType.PubAck or PacketType.PubRec or PacketType.PubComp:
                Answered(AckPacket.Decode(header.Type, body, _plan.Version));
                break;
            case PacketType.PubRel:
                Release(AckPacket.Decode(header.Type, body, _plan.Version));
                break;
            case PacketType.SubAck:
                Subscribed(SubAckPacket.Decode(body, _plan.Version));
                break;
            case PacketType.UnsubAck:
                _unsubscribing = null;
                break;
            case PacketType.PingResp:
                _pings--;
                break;
            case PacketType.Disconnect:
                var reason = DisconnectPacket.Decode(body, _plan.Version, PublishSender.Server).ReasonCode;
                _trace.Add(_name, "told " + reason);
                if (_session is not null && reason is ReasonCode.QuotaExceeded)
                    _session.WasSlow = true;
                if (reason is ReasonCode.ProtocolError or ReasonCode.MalformedPacket or ReasonCode.ReceiveMaximumExceeded)
                    _history.Violate($"{_name} was told {reason}");
                break;
            default:
                _history.Violate($"{_name} got {header.Type}");
                break;
        }
    }

    private void Accepted(ConnAckPacket packet)
    {
        if (packet.ReasonCode != ReasonCode.Success)
        {
            _trace.Add(_name, "refused " + packet.ReasonCode);
            _link!.Close();
            EndConnection();
            _scheduler.After(_dice.Span(100, 1000), Reconnect);
            return;
        }

        _accepted = true;
        BeginSession(packet.SessionPresent);
        if (_will is not null)
            (_will.HeldFrom, _will.Session) = (_scheduler.Now, _session);
        _session!.ConnectedAt = _scheduler.Now;
        if (_zombie is { } zombie)
        {
            _zombie = null;
            Await(zombie, $"the end of {zombie.Id}, taken over by {_link!.Id},", () => zombie.IsOpen, LongestZombie);
        }

        foreach (var will in _history.Wills.Where(w => w != _will && w.Message.Tenant == _plan.Tenant && w.Message.Publisher == _plan.ClientId))
            will.BackAt ??= _scheduler.Now;
        Resubscribe(packet.SessionPresent && _session.Subscriptions.Count > 0);
        Repeat();
        if (_plan.KeepAlive > 0)
            Ping(_link!);
    }

    private void BeginSession(bool present)
    {
        if (present && _session is null && _connections == 1)
            _history.Violate($"{_name} has begun a session, and is told that it had one");
        // A session that may have expired may be another one: a connection that was refused for taking too long can have begun it.
        if (present && _plan.IsDurable && _session is not null && !MayHaveExpired())
            return;
        if (_session is { EndedAt: null } lost && !MayHaveExpired())
            _history.Violate($"{_name} has lost its session");
        _session?.EndedAt ??= _lastConnected;
        _session = new SessionSpan(_plan.Tenant, _plan.ClientId, _plan.IsDurable);
        _history.Sessions.Add(_session);
        _received.Clear();
        _again.AddRange(_outgoing.TakeAll());
        foreach (var message in _again)
            message.MayRepeat = message.IsRepeated = true;
    }

    /// <summary>The clocks of nodes differ, and a session's time begins when its end of connection is noticed, or earlier than that.</summary>
    private bool MayHaveExpired() =>
        IsV5 && _plan.ExpirySeconds < 1000 && _scheduler.Now - _lastConnected > TimeSpan.FromSeconds(_plan.ExpirySeconds - 1.5);

    private void EndConnection()
    {
        if (_link is null)
            return;
        if (_accepted)
            _lastConnected = _link.EndedAt ?? _scheduler.Now;
        if (_session is { } session)
        {
            session.ConnectedAt = null;
            if (!_plan.IsDurable)
            {
                session.EndedAt = _scheduler.Now;
                _session = null;
                _received.Clear();
            }
        }

        if (_will is { } will && will.GoodbyeAt is null)
            will.LostAt = _link.EndedAt ?? _scheduler.Now;
        _will = null;
        _subscribing.Clear();
        _unsubscribing = null;
        _accepted = false;
        _pings = 0;
        _link = null;
    }

    private void Send(Action<ArrayBufferWriter<byte>> encode)
    {
        var writer = new ArrayBufferWriter<byte>();
        encode(writer);
        _link!.Send(writer.WrittenSpan);
    }

    /// <summary>Looks later whether something is still waited for over a connection that lives: then it hangs.</summary>
    private void Await(ClientLink link, string what, Func<bool> isWaiting, TimeSpan? longest = null) => _scheduler.After(longest ?? LongestAnswer, () =>
    {
        if (link.IsOpen && isWaiting())
            _history.Violate($"{_name} waits for {what} by {link.Id}");
    });
}

/// <summary>Where clients come in.</summary>
internal interface IEntrance
{
    /// <summary>Null when nobody answers.</summary>
    ClientLink? Connect(ILinkClient client, string tenant, int window);
}
