using Starling.Durability.History;
using Starling.Protocol;
using Starling.Testing;

namespace Starling.Durability.Clients;

/// <summary>
/// Receives. Acknowledgements are sent in order, some time after what they answer. The packet identifiers of QoS 2
/// messages are kept across connections until PUBREL, and a PUBLISH with one of them is not handed on a second time ([MQTT-4.3.3-2]).
/// </summary>
internal sealed class SubscriberClient(SubscriberPlan plan, Func<int> port, Oddities oddities, Random random)
{
    private static readonly TimeSpan Idle = TimeSpan.FromMilliseconds(10);

    private readonly ClientSession _session = new(plan.Name, plan.Version, port, oddities) { ReceiveMaximum = plan.ReceiveMaximum, IsClean = plan.IsClean };
    private readonly HashSet<ushort> _unreleased = [];
    private readonly List<object> _answers = [];
    private readonly Lock _gate = new();
    private List<Receipt> _receipts = [];
    private Pace _answerPace = new(random, TimeSpan.Zero);
    private Presence _presence = Presence.Online;
    private uint _lastBarrier;
    private bool _subscribed;
    private bool _over;
    private long _heardAt;
    private Link? _link;
    private Link? _left;

    public SubscriberPlan Plan => plan;

    public bool IsSubscribed => Volatile.Read(ref _subscribed);

    /// <summary>Names the subscription that it has now: another one after each loss of a clean session; 0 while it has none.</summary>
    public int Subscription => IsSubscribed ? (plan.IsClean ? _session.Connections : 1) : 0;

    /// <summary>For what it did not get: where it is, and since when nothing has come.</summary>
    public string State => Volatile.Read(ref _link) is { } link
        ? $"connection {_session.Connections}, {link.Name}, nothing came for {Environment.TickCount64 - Volatile.Read(ref _heardAt)} ms, {_answers.Count} answers to be sent"
        : $"not connected after {_session.Connections} connections";

    /// <summary>The newest message on <see cref="Topics.Barrier"/> that has come.</summary>
    public uint LastBarrier => Volatile.Read(ref _lastBarrier);

    public HashSet<MessageId> Wills { get; } = [];

    public void Be(Presence presence, TimeSpan longestPauseBeforeAnswers)
    {
        lock (_gate)
            (_presence, _answerPace) = (presence, new Pace(random, longestPauseBeforeAnswers));
    }

    public IReadOnlyList<Receipt> TakeReceipts()
    {
        lock (_gate)
        {
            var receipts = _receipts;
            _receipts = [];
            return receipts;
        }
    }

    public bool HasWill(MessageId will)
    {
        lock (_gate)
            return Wills.Contains(will);
    }

    public void End() => Volatile.Write(ref _over, true);

    public async Task RunAsync()
    {
        while (!Volatile.Read(ref _over))
        {
            if (Now() == Presence.Away)
            {
                await Task.Delay(Idle);
                continue;
            }

            try
            {
                var link = await _session.ConnectAsync();
                Volatile.Write(ref _link, link);
                try
                {
                    await LetGoAsync();
                    _answers.Clear();
                    if (plan.IsClean)
                    {
                        Volatile.Write(ref _subscribed, false);
                        _unreleased.Clear();
                    }

                    if (!_subscribed)
                        await SubscribeAsync(link);
                    await TrafficAsync(link);
                }
                finally
                {
                    Volatile.Write(ref _link, null);
                    await LeaveAsync(link);
                }
                await Task.Delay(random.Next(0, 200));
            }
            catch (LinkLostException)
            {
                await Task.Delay(random.Next(5, 40));
            }
        }

        await LetGoAsync();
    }

    /// <summary>Until the presence, chance or the run ends it.</summary>
    private async Task TrafficAsync(Link link)
    {
        var leaveAt = Environment.TickCount64 + random.Next(20, 400);
        while (!Volatile.Read(ref _over))
        {
            if (Now() is var presence && (presence == Presence.Away || (presence == Presence.ComesAndGoes && Environment.TickCount64 >= leaveAt)))
                return;
            var wait = _answers.Count > 0 && _answerPace.Left < Idle ? _answerPace.Left : Idle;
            if (await link.ReceiveAsync(wait) is { } packet)
                Handle(packet);
            if (_answers.Count > 0 && _answerPace.Left == TimeSpan.Zero)
            {
                await link.SendAsync(_answers);
                _answers.Clear();
            }
        }
    }

    /// <summary>With goodbye or without; or not yet, so that the next connection takes over.</summary>
    private async ValueTask LeaveAsync(Link link)
    {
        switch (random.Next(3))
        {
            case 0:
                _left = link;
                return;
            case 1:
                try
                {
                    await link.SendAsync(new DisconnectPacket());
                }
                catch (LinkLostException)
                {
                }
                break;
        }
        await link.DisposeAsync();
    }

    private async ValueTask LetGoAsync()
    {
        if (_left is { } left)
            await left.DisposeAsync();
        _left = null;
    }

    private async Task SubscribeAsync(Link link)
    {
        await link.SendAsync(new SubscribePacket
        {
            PacketIdentifier = 1,
            Subscriptions = [.. plan.Filters.Append(Topics.Barrier).Select(filter => new SubscriptionRequest(filter, new(plan.QoS)))],
        });
        while (true)
        {
            var packet = await link.ReceiveAsync();
            if (packet is not SubAckPacket answer)
            {
                Handle(packet);
                continue;
            }
            if (answer.ReasonCodes.Any(code => (byte)code != (byte)plan.QoS))
                oddities.Violation(plan.Name, $"SUBACK with {string.Join(' ', answer.ReasonCodes)}");
            Volatile.Write(ref _subscribed, true);
            return;
        }
    }

    private void Handle(object packet)
    {
        Volatile.Write(ref _heardAt, Environment.TickCount64);
        switch (packet)
        {
            case PublishMessage { QoS: QualityOfService.AtMostOnce } message:
                Receive(message);
                break;
            case PublishMessage { QoS: QualityOfService.AtLeastOnce } message:
                Receive(message);
                Answer(PacketType.PubAck, message.PacketIdentifier);
                break;
            case PublishMessage { QoS: QualityOfService.ExactlyOnce } message:
                if (_unreleased.Add(message.PacketIdentifier))
                    Receive(message);
                else if (!message.Dup)
                    oddities.Violation(plan.Name, $"QoS 2 packet identifier {message.PacketIdentifier} was used again before PUBREL");
                Answer(PacketType.PubRec, message.PacketIdentifier);
                break;
            case AckPacket { Type: PacketType.PubRel } release:
                _unreleased.Remove(release.PacketIdentifier);
                Answer(PacketType.PubComp, release.PacketIdentifier);
                break;
            case DisconnectPacket disconnect:
                oddities.Event($"subscriber disconnected with {disconnect.ReasonCode}");
                break;
            default:
                oddities.Violation(plan.Name, $"got {packet}");
                break;
        }
    }

    private void Receive(PublishMessage message)
    {
        if (Content.Read(message.Payload.Span) is not { } content)
        {
            oddities.Violation(plan.Name, $"damaged: {message.Payload.Length} bytes on {message.Topic}");
            return;
        }

        lock (_gate)
        {
            if (message.Topic.StartsWith(Topics.Wills, StringComparison.Ordinal))
                Wills.Add(content.Id);
            else
                _receipts.Add(new(content.Id, message.Topic, content.QoS, message.QoS, _session.Connections, message.Dup));
            if (message.Topic == Topics.Barrier)
                Volatile.Write(ref _lastBarrier, content.Id.Number);
        }
    }

    private void Answer(PacketType type, ushort packetIdentifier)
    {
        if (_answers.Count == 0)
            _answerPace.Begin();
        _answers.Add(new AckPacket(type, packetIdentifier));
    }

    private Presence Now()
    {
        lock (_gate)
            return _presence;
    }
}
