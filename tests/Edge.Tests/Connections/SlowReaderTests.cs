using System.Net.Sockets;
using Starling.Edge.Configuration;
using Starling.Protocol;
using Starling.Testing;
using static Starling.Edge.Tests.Connections.Packets;

namespace Starling.Edge.Tests.Connections;

/// <summary>Clients that do not read, or do not acknowledge, what they are owed.</summary>
public sealed class SlowReaderTests : IAsyncLifetime
{
    private const int FloodBytes = 48 * 1024 * 1024;

    private static readonly string Kilobyte = new('x', 1000);

    private readonly ManualTime _time = new();
    private TestBroker _broker = null!;

    public async ValueTask InitializeAsync() =>
        _broker = await TestBroker.StartAsync(time: _time, limits: new LimitOptions { OutgoingQueueBytes = 10_000 });

    public ValueTask DisposeAsync() => _broker.DisposeAsync();

    [Fact]
    public async Task QoS_0_messages_for_a_client_that_does_not_read_are_dropped_and_counted_and_others_get_all()
    {
        await using var broker = await TestBroker.StartAsync();
        await using var slow = await broker.ConnectAsync("slow");
        await using var other = await broker.ConnectAsync("other");
        await using var publisher = await broker.ConnectAsync("p");
        await slow.SubscribeAsync("a");
        await other.SubscribeAsync("a");

        var sent = 0;
        while (broker.Counters().DroppedSlowReader.Value == 0 && sent < 1000)
        {
            // Large enough to fill what the operating system holds for a socket.
            await publisher.SendAsync(Publish("a", new string('x', 200_000)));
            await other.ExpectAsync<PublishMessage>();
            sent++;
        }

        broker.Counters().DroppedSlowReader.Value.ShouldBe(1);
        for (var i = 0; i < sent - 1; i++)
            await slow.ExpectAsync<PublishMessage>();
        await slow.ExpectNothingAsync();
        await publisher.SendAsync(Publish("a", "later"));
        await slow.ExpectPublishAsync("later");
    }

    [Fact]
    public async Task A_client_that_does_not_acknowledge_holds_publishers_up_and_is_closed_when_their_patience_ends()
    {
        await using var slow = await ConnectAsync("slow", receiveMaximum: 1);
        await using var other = await _broker.ConnectAsync("other");
        await using var publisher = await _broker.ConnectAsync("p");
        await using var bystander = await _broker.ConnectAsync("bystander");
        await slow.SubscribeAsync("a", QualityOfService.AtLeastOnce);
        await other.SubscribeAsync("a", QualityOfService.AtLeastOnce);
        await SendAsync(publisher, 20);
        for (var i = 0; i < 20; i++)
            await other.ExpectMessageAsync();
        await slow.ExpectAsync<PublishMessage>();

        var elapsed = await _time.AdvanceUntilAsync(
            slow.ExpectDisconnectedAsync(ReasonCode.QuotaExceeded), TimeSpan.FromSeconds(0.5), bystander);

        elapsed.ShouldBeGreaterThanOrEqualTo(TimeSpan.FromSeconds(5));
        for (ushort i = 1; i <= 20; i++)
            await publisher.ExpectAckAsync(PubAck(i));
        _broker.Counters().SlowReadersClosed.Value.ShouldBe(1);
    }

    [Fact]
    public async Task A_publisher_goes_on_when_the_client_catches_up()
    {
        await using var slow = await ConnectAsync("slow", receiveMaximum: 1);
        await using var publisher = await _broker.ConnectAsync("p");
        await slow.SubscribeAsync("a", QualityOfService.AtLeastOnce);
        await SendAsync(publisher, 20);

        for (var i = 0; i < 20; i++)
            (await slow.ExpectMessageAsync()).Payload.Length.ShouldBe(1000);

        for (ushort i = 1; i <= 20; i++)
            await publisher.ExpectAckAsync(PubAck(i));
        _broker.Counters().SlowReadersClosed.Value.ShouldBe(0);
    }

    [Fact]
    public async Task Publishers_of_other_topics_are_not_held_up()
    {
        await using var slow = await ConnectAsync("slow", receiveMaximum: 1);
        await using var held = await _broker.ConnectAsync("held");
        await using var free = await _broker.ConnectAsync("free");
        await using var other = await _broker.ConnectAsync("other");
        await slow.SubscribeAsync("a", QualityOfService.AtLeastOnce);
        await other.SubscribeAsync("b", QualityOfService.AtLeastOnce);
        await SendAsync(held, 20);
        await slow.ExpectAsync<PublishMessage>();

        (await free.PublishAsync("b", "x", QualityOfService.AtLeastOnce)).ShouldBe(ReasonCode.Success);

        await other.ExpectMessageAsync();
    }

    [Fact]
    public async Task A_closed_slow_reader_of_a_durable_session_loses_nothing()
    {
        await using var slow = await _broker.ConnectAsync(
            new ConnectPacket { ClientIdentifier = "slow", ReceiveMaximum = 1, SessionExpiryInterval = 3600 });
        await using var publisher = await _broker.ConnectAsync("p");
        await slow.SubscribeAsync("a", QualityOfService.AtLeastOnce);

        await SendAsync(publisher, 50);

        for (ushort i = 1; i <= 50; i++)
            await publisher.ExpectAckAsync(PubAck(i));
        for (var i = 0; i < 50; i++)
            await slow.ExpectMessageAsync();
    }

    [Fact]
    public async Task A_client_that_subscribes_to_what_it_publishes_does_not_wait_for_itself()
    {
        await using var client = await ConnectAsync("c", receiveMaximum: 1);
        await client.SubscribeAsync("a", QualityOfService.AtLeastOnce);

        await SendAsync(client, 20);

        var messages = 0;
        for (var i = 0; i < 40; i++)
        {
            if ((await client.ReceiveAsync()).Packet is not PublishMessage message)
                continue;
            messages++;
            await client.SendAsync(PubAck(message.PacketIdentifier));
        }

        messages.ShouldBe(20);
    }

    [Fact]
    public async Task A_client_that_fills_its_own_queue_far_beyond_its_limit_is_closed()
    {
        await using var client = await ConnectAsync("c", receiveMaximum: 1);
        await client.SubscribeAsync("a", QualityOfService.AtLeastOnce);

        await SendAsync(client, 100);

        List<object> received = [];
        do
            received.Add((await client.ReceiveAsync()).Packet);
        while (received[^1] is not DisconnectPacket);
        ((DisconnectPacket)received[^1]).ReasonCode.ShouldBe(ReasonCode.QuotaExceeded);
        _broker.Counters().SlowReadersClosed.Value.ShouldBe(1);
    }

    [Theory]
    [InlineData("C000")] // PINGREQ
    [InlineData("62020001")] // PUBREL of nothing, which PUBCOMP answers
    public async Task A_client_that_does_not_read_its_answers_is_not_read_from_and_is_closed(string packet)
    {
        await using var bystander = await _broker.ConnectAsync("bystander");
        using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { ReceiveBufferSize = 4096 };
        await socket.ConnectAsync(_broker.EndPoint, TestContext.Current.CancellationToken);
        await using var client = new MqttTestClient(new NetworkStream(socket));
        await client.ConnectAsync("deaf");
        var before = _broker.Counters().BytesReceived.Value;

        await _time.AdvanceUntilAsync(FloodAsync(client, Convert.FromHexString(packet)), TimeSpan.FromSeconds(0.5), bystander);

        _broker.Counters().SlowReadersClosed.Value.ShouldBe(1);
        (_broker.Counters().BytesReceived.Value - before).ShouldBeLessThan(FloodBytes / 2);
    }

    /// <summary>Sends far more than what the operating system holds for a socket, unless the connection ends before.</summary>
    private static async Task FloodAsync(MqttTestClient client, byte[] packet)
    {
        var many = Enumerable.Repeat(packet, (64 * 1024) / packet.Length).SelectMany(bytes => bytes).ToArray();
        try
        {
            for (var sent = 0; sent < FloodBytes; sent += many.Length)
                await client.SendAsync(many);
        }
        catch (IOException)
        {
            // It has been closed.
        }
    }

    private static Task SendAsync(MqttTestClient publisher, int count) =>
        publisher.SendTogetherAsync(Enumerable.Range(1, count).Select(i => (object)Publish("a", Kilobyte, qos: 1, id: (ushort)i)));

    private Task<MqttTestClient> ConnectAsync(string clientId, ushort receiveMaximum) =>
        _broker.ConnectAsync(new ConnectPacket { ClientIdentifier = clientId, ReceiveMaximum = receiveMaximum });
}
