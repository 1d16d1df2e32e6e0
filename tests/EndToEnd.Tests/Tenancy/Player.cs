using System.Globalization;
using System.Text;
using Starling.EndToEnd.Tests.Harness;
using Starling.Protocol;
using Starling.Testing;

namespace Starling.EndToEnd.Tests.Tenancy;

/// <summary>
/// Plays a script as the clients of one tenant and writes down all that they see. After each step every client sends itself a message at
/// QoS 1, which comes behind all that is on its way to it, so that what is seen does not depend on timing.
/// </summary>
internal sealed class Player(BrokerProcess broker, string tenant) : IAsyncDisposable
{
    private readonly Dictionary<int, Connection> _connected = [];
    private readonly SortedDictionary<string, List<string>> _seen = new(StringComparer.Ordinal);
    private int _wills;
    private int _barriers;

    /// <summary>What clients saw: answers by client, and messages by client and topic, in order.</summary>
    public string View => string.Join('\n', _seen.Select(entry => $"{entry.Key}: {string.Join(" | ", entry.Value)}"));

    public async Task PlayAsync(IEnumerable<Step> script, CancellationToken stop = default)
    {
        foreach (var step in script)
        {
            if (stop.IsCancellationRequested)
                return;
            await TakeAsync(step);
            foreach (var client in _connected.Keys.Order().OrderByDescending(client => client == step.Client).ToList())
                await SettleAsync(client);
        }
    }

    /// <summary>The tenant's numbers, as its clients see them and as the operator does; those that grow with pings and repeats are left out.</summary>
    public async Task CountAsync()
    {
        string[] topics = ["clients/connected", "clients/total", "messages/stored", "publish/messages/received", "publish/messages/dropped", "retained messages/count", "store/messages/bytes", "subscriptions/count", "shared_subscriptions/count"];
        await TakeAsync(new Step.Connect(0, Clean: true, Expiry: 0, Will: false, WillRetain: false));
        if (_connected.TryGetValue(0, out var connection))
        {
            await SettleAsync(0);
            foreach (var topic in topics)
            {
                var name = "$SYS/broker/" + topic;
                await connection.Client.SubscribeAsync(name);
                var message = await connection.Client.ExpectMessageAsync();
                // The broker publishes them now and then: the one before may come once more until it is unsubscribed from.
                while (message.Topic != name)
                    message = await connection.Client.ExpectMessageAsync();
                See("$SYS", $"{message.Topic}={message.Text}");
                await connection.Client.UnsubscribeAsync(name);
            }
        }

        var mine = $"tenant=\"{tenant}\"";
        foreach (var line in (await MetricsAsync()).Where(line => line.Contains(mine, StringComparison.Ordinal) && !IsOfTiming(line)))
            See("metrics", line.Replace(mine, "", StringComparison.Ordinal));
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var connection in _connected.Values)
            await connection.Client.DisposeAsync();
    }

    private async Task TakeAsync(Step step)
    {
        if (step is Step.Connect connect)
        {
            await ConnectAsync(connect);
            return;
        }

        if (!_connected.TryGetValue(step.Client, out var connection))
            return;
        var client = connection.Client;
        switch (step)
        {
            case Step.Leave leave:
                if (leave.Abruptly)
                    await client.DisposeAsync();
                else
                    await client.DisconnectAsync();
                await EndedAsync(step.Client, leave.Abruptly);
                break;
            case Step.Subscribe subscribe:
                await client.SendAsync(new SubscribePacket { PacketIdentifier = client.NextPacketIdentifier(), Subscriptions = [new(subscribe.Filter, new(subscribe.QoS))] });
                break;
            case Step.Unsubscribe unsubscribe:
                await client.SendAsync(new UnsubscribePacket { PacketIdentifier = client.NextPacketIdentifier(), TopicFilters = [unsubscribe.Filter] });
                break;
            case Step.Publish publish:
                await client.SendAsync(new PublishMessage
                {
                    Topic = publish.Topic,
                    QoS = publish.QoS,
                    Retain = publish.Retain,
                    Payload = Encoding.UTF8.GetBytes(publish.Payload),
                    PacketIdentifier = publish.QoS == QualityOfService.AtMostOnce ? (ushort)0 : client.NextPacketIdentifier(),
                });
                break;
        }
    }

    private async Task ConnectAsync(Step.Connect step)
    {
        var client = await MqttTestClient.OpenAsync(broker.EndPoint("any"));
        client.Patience = ChildProcess.Patience;
        var connAck = await client.ConnectAsync(new ConnectPacket
        {
            ClientIdentifier = $"c{step.Client}",
            UserName = tenant + "/u",
            Password = "u"u8.ToArray(),
            CleanStart = step.Clean,
            SessionExpiryInterval = step.Expiry,
            Will = step.Will ? new Will { Topic = $"will/c{step.Client}", Payload = "gone"u8.ToArray(), QoS = QualityOfService.AtLeastOnce, Retain = step.WillRetain } : null,
        });
        See($"c{step.Client}", $"CONNACK {connAck.ReasonCode} {connAck.SessionPresent}");
        if (connAck.ReasonCode != ReasonCode.Success)
        {
            await client.DisposeAsync();
            return;
        }

        var older = _connected.GetValueOrDefault(step.Client);
        if (older is not null)
            await EndedAsync(step.Client, abruptly: true, replaced: true);
        _connected[step.Client] = new Connection(client, step.Will);
        await client.SendAsync(new SubscribePacket { PacketIdentifier = client.NextPacketIdentifier(), Subscriptions = [new($"self/c{step.Client}", new(QualityOfService.AtLeastOnce))] });
    }

    private async Task EndedAsync(int client, bool abruptly, bool replaced = false)
    {
        _connected.Remove(client, out var connection);
        await connection!.Client.DisposeAsync();
        if (abruptly && connection.HasWill)
            _wills++;
        var open = _connected.Count + (replaced ? 1 : 0);
        using var looks = new PeriodicTimer(TimeSpan.FromMilliseconds(10));
        for (var left = 2000; left > 0; left--)
        {
            var lines = await MetricsAsync();
            if (Value(lines, "starling_connections_open") == open && Value(lines, "starling_wills_published_total") == _wills)
                return;
            await looks.WaitForNextTickAsync();
        }

        throw new ShouldAssertException($"the end of c{client} of {tenant} was not seen");
    }

    /// <summary>Takes what is on its way, up to the client's own message, for which there is room in the inbox when it has taken the rest.</summary>
    private async Task SettleAsync(int number)
    {
        var client = _connected[number].Client;
        while (await PingAsync(number))
        {
            // What was acknowledged makes room for more.
        }

        var marker = (++_barriers).ToString(CultureInfo.InvariantCulture);
        var identifier = client.NextPacketIdentifier();
        await client.SendAsync(new PublishMessage { Topic = $"self/c{number}", Payload = Encoding.UTF8.GetBytes(marker), QoS = QualityOfService.AtLeastOnce, PacketIdentifier = identifier });
        for (var (acknowledged, arrived) = (false, false); !acknowledged || !arrived;)
        {
            var packet = (await client.ReceiveAsync()).Packet;
            if (packet is AckPacket { Type: PacketType.PubAck } ack && ack.PacketIdentifier == identifier)
                acknowledged = true;
            else
                arrived |= await HandleAsync(number, packet) && packet is PublishMessage message && message.Topic == $"self/c{number}" && message.Text == marker;
        }
    }

    /// <returns>Whether a message came before the answer.</returns>
    private async Task<bool> PingAsync(int number)
    {
        var client = _connected[number].Client;
        await client.SendAsync(new PingReqPacket());
        for (var any = false; ;)
        {
            var packet = (await client.ReceiveAsync()).Packet;
            if (packet is PingRespPacket)
                return any;
            any |= await HandleAsync(number, packet);
        }
    }

    /// <returns>Whether it belongs to a message on its way to the client.</returns>
    private async Task<bool> HandleAsync(int number, object packet)
    {
        var client = _connected[number].Client;
        switch (packet)
        {
            case PublishMessage message:
                if (message.QoS != QualityOfService.AtMostOnce)
                    await client.SendAsync(new AckPacket(message.QoS == QualityOfService.AtLeastOnce ? PacketType.PubAck : PacketType.PubRec, message.PacketIdentifier));
                if (!message.Topic.StartsWith("self/", StringComparison.Ordinal))
                    See($"c{number} {message.Topic}", $"{message.Text} {(int)message.QoS}{(message.Retain ? " retained" : "")}");
                return true;
            case AckPacket { Type: PacketType.PubRel } release:
                await client.SendAsync(new AckPacket(PacketType.PubComp, release.PacketIdentifier));
                return true;
            case AckPacket ack:
                if (ack is { Type: PacketType.PubRec, ReasonCode: < ReasonCode.UnspecifiedError })
                    await client.SendAsync(new AckPacket(PacketType.PubRel, ack.PacketIdentifier));
                // Nobody waits for PUBCOMP: whether it is seen before a client leaves is a matter of time.
                if (ack.Type != PacketType.PubComp)
                    See($"c{number}", $"{ack.Type} {ack.ReasonCode}");
                return false;
            case SubAckPacket subAck:
                See($"c{number}", $"SUBACK {subAck.ReasonCodes[0]}");
                return false;
            case UnsubAckPacket unsubAck:
                See($"c{number}", $"UNSUBACK {unsubAck.ReasonCodes[0]}");
                return false;
            default:
                throw new UnexpectedException($"c{number} of {tenant} got {packet}");
        }
    }

    private double Value(string[] lines, string name)
    {
        var start = $"{name}{{tenant=\"{tenant}\"}} ";
        var line = Array.Find(lines, line => line.StartsWith(start, StringComparison.Ordinal));
        return line is null ? 0 : double.Parse(line[start.Length..], CultureInfo.InvariantCulture);
    }

    private async Task<string[]> MetricsAsync()
    {
        using var answer = await broker.GetAsync("/metrics");
        return (await answer.Content.ReadAsStringAsync()).Split('\n');
    }

    /// <summary>
    /// A message that was on its way when its client left is sent to the next connection once more, or not, as time has it; and a read waits
    /// its turn when the processors are busy.
    /// </summary>
    private static bool IsOfTiming(string metric) =>
        Array.Exists(["starling_packets", "starling_bytes", "starling_messages_sent", "starling_message_bytes_sent", "starling_connections_reads_deferred"], name => metric.StartsWith(name, StringComparison.Ordinal));

    private void See(string where, string what)
    {
        if (!_seen.TryGetValue(where, out var list))
            _seen.Add(where, list = []);
        list.Add(what);
    }

    private sealed record Connection(MqttTestClient Client, bool HasWill);
}
