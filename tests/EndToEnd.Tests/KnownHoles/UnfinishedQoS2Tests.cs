using Starling.Protocol;
using Starling.Testing;

namespace Starling.EndToEnd.Tests.KnownHoles;

/// <summary>Clients that begin what they never end.</summary>
public sealed class UnfinishedQoS2Tests
{
    [Fact]
    public async Task CVE_2023_28366_A_publisher_that_never_sends_PUBREL_is_told_so_at_its_receive_maximum()
    {
        await using var target = await Target.StartAsync();
        await using var client = await target.ConnectAsync("c");

        await client.SendAsync(Bytes.Together(Enumerable.Range(1, 1025).Select(id => Bytes.Publish("a", [], QualityOfService.ExactlyOnce, id))));

        for (var i = 0; i < 1024; i++)
            (await client.ExpectAsync<AckPacket>()).Type.ShouldBe(PacketType.PubRec);
        await client.ExpectDisconnectedAsync(ReasonCode.ReceiveMaximumExceeded);
        await target.ShouldBeWellAsync(withinMiB: 24);
    }

    [Fact]
    public async Task CVE_2023_28366_Before_MQTT_5_it_costs_its_packet_identifiers_and_no_message()
    {
        await using var target = await Target.StartAsync();
        var clients = new List<MqttTestClient>();

        for (var i = 0; i < 5; i++)
        {
            clients.Add(await target.ConnectAsync($"c{i}", ProtocolVersion.Mqtt311));
            foreach (var identifiers in Enumerable.Range(1, ushort.MaxValue).Chunk(1000))
            {
                await clients[^1].SendAsync(Bytes.Together(
                    identifiers.Select(id => Bytes.Publish("a", new byte[500], QualityOfService.ExactlyOnce, id)), ProtocolVersion.Mqtt311));
                foreach (var id in identifiers)
                    (await clients[^1].ExpectAsync<AckPacket>()).PacketIdentifier.ShouldBe((ushort)id);
            }
        }

        // Five times 65,535 messages are 156 MiB; their identifiers, at 12 bytes and room to grow, under 2 MiB each.
        await target.ShouldBeWellAsync(withinMiB: 48);
        foreach (var client in clients)
            await client.DisposeAsync();
    }

    [Theory]
    [InlineData(QualityOfService.AtLeastOnce, false)]
    [InlineData(QualityOfService.ExactlyOnce, false)]
    [InlineData(QualityOfService.AtLeastOnce, true)]
    [InlineData(QualityOfService.ExactlyOnce, true)]
    public async Task CVE_2023_28366_A_subscriber_that_reads_everything_and_acknowledges_nothing_does_not_keep_it_in_memory(QualityOfService qos, bool shared)
    {
        await using var target = await Target.StartAsync();
        await using var subscriber = await target.ConnectAsync("s");
        await using var publisher = await target.ConnectAsync("p");
        await subscriber.SubscribeAsync(shared ? "$share/g/a" : "a", qos);
        var reading = CountAsync(subscriber);
        var payload = new byte[500_000];

        // 150 MB, with 65,535 messages allowed in flight. What another member could get is held, so this one is closed when it is too much.
        for (var i = 0; i < 300; i++)
            (await publisher.PublishAsync(new PublishMessage { Topic = "a", Payload = payload, QoS = QualityOfService.ExactlyOnce }))
                .ShouldBeOneOf(ReasonCode.Success, ReasonCode.NoMatchingSubscribers);

        await target.ShouldBeWellAsync(withinMiB: 96);
        await subscriber.DisposeAsync();
        await reading;
    }

    private static async Task CountAsync(MqttTestClient client)
    {
        try
        {
            while ((await client.ReceiveAsync()).Packet is PublishMessage)
            {
                // And says nothing.
            }
        }
        catch (UnexpectedException)
        {
            // Closed, by either side.
        }
    }
}
