using Starling.Durability.History;
using Starling.Protocol;
using Starling.Testing;

namespace Starling.Durability.Clients;

/// <summary>
/// Publishes, several messages at a time. When the connection is lost it comes back and sends what is not
/// acknowledged again, in order: PUBLISH with DUP and the same packet identifier, or PUBREL ([MQTT-4.4.0-1]). A clean one gives up on them.
/// </summary>
internal sealed class PublisherClient(PublisherPlan plan, Func<int> port, Oddities oddities, Random random)
{
    private static readonly TimeSpan Idle = TimeSpan.FromMilliseconds(10);

    private readonly ClientSession _session = new(plan.Name, plan.Version, port, oddities) { IsClean = plan.IsClean };
    private readonly List<InFlight> _inFlight = [];
    private readonly Lock _gate = new();
    private List<SentMessage> _sent = [];
    private Pace _pace = new(random, TimeSpan.Zero);
    private int _allowed;
    private ushort _lastIdentifier;
    private uint _lastNumber;
    private bool _over;

    public string Name => plan.Name;

    public bool IsConnected { get; private set; }

    /// <summary>Whether everything it was to send is acknowledged, through to PUBCOMP.</summary>
    public bool IsIdle
    {
        get
        {
            lock (_gate)
                return _allowed == 0 && _inFlight.Count == 0;
        }
    }

    /// <summary>How it stands, for whoever waited in vain.</summary>
    public string State
    {
        get
        {
            lock (_gate)
                return $"{plan.Name} is {(IsConnected ? "connected" : "away")}, unacknowledged: {string.Join(", ", _inFlight.Take(5).Select(m => $"{m.Message.Id} as {m.Identifier}{(m.Received ? " after PUBREC" : "")}"))} ({_inFlight.Count})";
        }
    }

    /// <summary>Publishes this many messages more, with random pauses between them.</summary>
    public void Publish(int messages, TimeSpan longestPause)
    {
        lock (_gate)
            (_allowed, _pace) = (messages, new Pace(random, longestPause));
    }

    /// <summary>No new messages; those under way are brought to their end.</summary>
    public void Stop() => Publish(0, TimeSpan.Zero);

    /// <summary>The messages since the last call.</summary>
    public IReadOnlyList<SentMessage> TakeSent()
    {
        lock (_gate)
        {
            var sent = _sent;
            _sent = [];
            return sent;
        }
    }

    /// <summary>Says goodbye once it is idle.</summary>
    public void End() => Volatile.Write(ref _over, true);

    public async Task RunAsync()
    {
        while (true)
        {
            try
            {
                await using var link = await _session.ConnectAsync();
                IsConnected = true;
                await ResumeAsync(link);
                await TrafficAsync(link);
                await link.SendAsync(new DisconnectPacket());
                return;
            }
            catch (LinkLostException) when (!(Volatile.Read(ref _over) && IsIdle))
            {
                IsConnected = false;
                await Task.Delay(random.Next(5, 40));
            }
        }
    }

    private async Task ResumeAsync(Link link)
    {
        if (plan.IsClean)
        {
            lock (_gate)
                _inFlight.Clear();
        }

        foreach (var flight in _inFlight.ToArray())
            await link.SendAsync(flight.Received ? new AckPacket(PacketType.PubRel, flight.Identifier) : flight.Publish(dup: true));
    }

    private async Task TrafficAsync(Link link)
    {
        while (!(Volatile.Read(ref _over) && IsIdle))
        {
            var next = Next(out var wait);
            if (next is not null)
                await link.SendAsync(next.Publish(dup: false));
            if (await link.ReceiveAsync(wait) is { } packet)
                await HandleAsync(link, packet);
        }
    }

    /// <summary>What is to be sent now, if anything, and how long to wait for the broker then.</summary>
    private InFlight? Next(out TimeSpan wait)
    {
        lock (_gate)
        {
            wait = Idle;
            if (_allowed == 0 || _inFlight.Count >= plan.Window)
                return null;
            wait = _pace.Left;
            if (wait > TimeSpan.Zero)
                return null;
            _allowed--;
            _pace.Begin();
            var topic = random.Next(plan.Topics.Count);
            var length = random.Next(20) == 0 ? random.Next(Content.ShortestPayload, Content.LongestPayload + 1) : random.Next(Content.ShortestPayload, 300);
            var message = new SentMessage(new(plan.Number, ++_lastNumber), plan.Topics[topic], plan.QoS[random.Next(plan.QoS.Count)], length);
            var flight = new InFlight(message, NextIdentifier(), new Content(message.Id, (byte)topic, message.QoS).ToPayload(length));
            _sent.Add(message);
            if (message.QoS > QualityOfService.AtMostOnce)
                _inFlight.Add(flight);
            return flight;
        }
    }

    private ushort NextIdentifier()
    {
        ushort identifier = plan.ReusesIdentifiers ? (ushort)0 : _lastIdentifier;
        do
            identifier++;
        while (identifier == 0 || _inFlight.Exists(flight => flight.Identifier == identifier));
        return _lastIdentifier = identifier;
    }

    private async Task HandleAsync(Link link, object packet)
    {
        if (packet is DisconnectPacket disconnect)
        {
            oddities.Event($"publisher disconnected with {disconnect.ReasonCode}");
            return;
        }
        if (packet is not AckPacket ack || _inFlight.Find(flight => flight.Identifier == ack.PacketIdentifier) is not { } flight)
        {
            oddities.Violation(plan.Name, $"got {packet.GetType().Name} {(packet as AckPacket?)?.Type} {(packet as AckPacket?)?.PacketIdentifier}, which answers nothing");
            return;
        }

        var (qos, refused) = (flight.Message.QoS, ack.ReasonCode >= ReasonCode.UnspecifiedError);
        if (refused)
            oddities.Event($"{ack.Type} with {ack.ReasonCode}");
        switch (ack.Type)
        {
            case PacketType.PubAck when qos == QualityOfService.AtLeastOnce:
                Finish(flight, refused);
                break;
            case PacketType.PubRec when qos == QualityOfService.ExactlyOnce && !flight.Received && refused:
                Finish(flight, refused);
                break;
            case PacketType.PubRec when qos == QualityOfService.ExactlyOnce && !flight.Received:
                flight.Received = true;
                flight.Message.Acknowledge();
                await link.SendAsync(new AckPacket(PacketType.PubRel, flight.Identifier));
                break;
            case PacketType.PubComp when flight.Received:
                Finish(flight, refused: false);
                break;
            default:
                oddities.Violation(plan.Name, $"got {ack.Type} for {flight.Message.Id} at {qos}{(flight.Received ? " after PUBREC" : "")}");
                break;
        }
    }

    private void Finish(InFlight flight, bool refused)
    {
        lock (_gate)
        {
            if (refused)
                flight.Message.Refused = true;
            else
                flight.Message.Acknowledge();
            _inFlight.Remove(flight);
        }
    }

    private sealed class InFlight(SentMessage message, ushort identifier, byte[] payload)
    {
        public SentMessage Message => message;

        public ushort Identifier => identifier;

        /// <summary>PUBREC has come.</summary>
        public bool Received { get; set; }

        public PublishMessage Publish(bool dup)
        {
            message.Attempts++;
            return new PublishMessage
            {
                Topic = message.Topic,
                QoS = message.QoS,
                PacketIdentifier = message.QoS > QualityOfService.AtMostOnce ? identifier : (ushort)0,
                Dup = dup,
                Payload = payload,
            };
        }
    }
}
