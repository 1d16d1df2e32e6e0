using System.Globalization;
using System.Text;
using Starling.Protocol;
using Starling.Testing;

namespace Starling.Silo.Tests.Processes;

/// <summary>A publisher that goes on to a subscriber with a durable session, which comes back whenever it is sent away.</summary>
/// <param name="cluster">Whose edges they connect to.</param>
/// <param name="publisherEdge">Where the publisher stays.</param>
/// <param name="qos">Of its messages.</param>
internal sealed class SteadyLoad(RunningCluster cluster, int publisherEdge, QualityOfService qos)
{
    private readonly string[] _topics = [.. Enumerable.Range(0, 6).Select(number => $"load/{qos}/{number}")];

    private const string End = "-1";

    private readonly List<(string Topic, int Number)> _received = [];
    private readonly HashSet<string> _endedTopics = [];
    private Task _publishing = Task.CompletedTask;
    private Task _receiving = Task.CompletedTask;
    private volatile bool _isOver;
    private int _published;
    private long _longestWait;

    public int Published => Volatile.Read(ref _published);

    public async Task StartAsync(int subscriberEdge, int nextEdge)
    {
        var subscriber = await cluster.ConnectAsync(subscriberEdge, $"subscriber-{qos}", expiry: 600);
        await subscriber.SubscribeAsync($"load/{qos}/#", qos);
        var publisher = await cluster.ConnectAsync(publisherEdge, $"publisher-{qos}", expiry: 600);
        _receiving = ReceiveAsync(subscriber, nextEdge);
        _publishing = PublishAsync(publisher);
    }

    /// <summary>The longest time that an acknowledgement took since this was asked before.</summary>
    public TimeSpan TakeLongestWait() => TimeSpan.FromTicks(Interlocked.Exchange(ref _longestWait, 0));

    /// <summary>Stops publishing, and waits until everything has come.</summary>
    /// <exception cref="ShouldAssertException">Something was lost, repeated at QoS 2, or came in another order.</exception>
    public async Task EndAsync()
    {
        _isOver = true;
        await _publishing;
        await _receiving;
        foreach (var topic in _topics)
        {
            var numbers = _received.Where(message => message.Topic == topic && message.Number >= 0).Select(message => message.Number).ToArray();
            var sent = Enumerable.Range(0, _published).Where(number => _topics[number % _topics.Length] == topic).ToArray();
            numbers.Distinct().ShouldBe(sent, $"{qos} to {topic}");
            if (qos == QualityOfService.ExactlyOnce)
                numbers.Length.ShouldBe(sent.Length, $"copies at {qos} on {topic}");
        }
    }

    private async Task PublishAsync(MqttTestClient publisher)
    {
        for (var number = 0; !_isOver; number++)
        {
            var since = TimeProvider.System.GetTimestamp();
            publisher = await PublishAsync(publisher, _topics[number % _topics.Length], number.ToString(CultureInfo.InvariantCulture), number);
            var waited = TimeProvider.System.GetElapsedTime(since).Ticks;
            if (waited > Volatile.Read(ref _longestWait))
                Volatile.Write(ref _longestWait, waited);
            Interlocked.Increment(ref _published);
        }

        for (var i = 0; i < _topics.Length; i++)
            publisher = await PublishAsync(publisher, _topics[i], End, _published + i);
        await publisher.DisposeAsync();
    }

    /// <summary>A publisher that is sent away with a QoS 2 message in doubt repeats it by its next connection.</summary>
    /// <returns>The connection to go on with.</returns>
    private async Task<MqttTestClient> PublishAsync(MqttTestClient publisher, string topic, string payload, int number)
    {
        var message = new PublishMessage
        {
            Topic = topic,
            Payload = Encoding.UTF8.GetBytes(payload),
            QoS = qos,
            PacketIdentifier = (ushort)((number % 60_000) + 1),
        };
        while (true)
        {
            try
            {
                ((int)await publisher.PublishAsync(message)).ShouldBeLessThan((int)ReasonCode.UnspecifiedError);
                return publisher;
            }
            catch (UnexpectedException error) when (qos == QualityOfService.ExactlyOnce && error.Message.StartsWith("expected PubRec", StringComparison.Ordinal))
            {
                await publisher.DisposeAsync();
                publisher = await cluster.ConnectAsync(publisherEdge, $"publisher-{qos}", cleanStart: false, expiry: 600);
                message = message with { Dup = true };
            }
        }
    }

    private async Task ReceiveAsync(MqttTestClient client, int nextEdge)
    {
        try
        {
            while (_endedTopics.Count < _topics.Length)
            {
                if (await TryTakeAsync(client))
                    continue;
                await client.DisposeAsync();
                client = await cluster.ConnectAsync(nextEdge, $"subscriber-{qos}", cleanStart: false, expiry: 600);
            }
        }
        finally
        {
            await client.DisposeAsync();
        }
    }

    /// <returns>False when the connection is over. Whether DISCONNECT can still be read then depends on what was on its way to the server.</returns>
    private async Task<bool> TryTakeAsync(MqttTestClient client)
    {
        try
        {
            var packet = (await client.ReceiveAsync()).Packet;
            if (packet is DisconnectPacket)
                return false;
            await TakeAsync(client, packet);
            return true;
        }
        catch (IOException)
        {
            return false;
        }
        catch (UnexpectedException error) when (error.Message.Contains("was closed", StringComparison.Ordinal))
        {
            return false;
        }
    }

    /// <summary>A QoS 2 message is acknowledged in two steps, which may lie in two connections.</summary>
    private async Task TakeAsync(MqttTestClient client, object packet)
    {
        switch (packet)
        {
            case PublishMessage message:
                // A repeat of one that has been received and not released is not another message.
                var number = int.Parse(Encoding.UTF8.GetString(message.Payload.Span), CultureInfo.InvariantCulture);
                if (!message.Dup || !_received.Contains((message.Topic, number)))
                    _received.Add((message.Topic, number));
                if (number < 0)
                    _endedTopics.Add(message.Topic);
                await client.SendAsync(new AckPacket(qos == QualityOfService.ExactlyOnce ? PacketType.PubRec : PacketType.PubAck, message.PacketIdentifier));
                break;
            case AckPacket { Type: PacketType.PubRel } release:
                await client.SendAsync(new AckPacket(PacketType.PubComp, release.PacketIdentifier));
                break;
            default:
                throw new UnexpectedException($"expected a message, got {packet}");
        }
    }
}
