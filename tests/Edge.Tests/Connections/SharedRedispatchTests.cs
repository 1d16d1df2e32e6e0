using Starling.Protocol;
using Starling.Testing;
using static Starling.Edge.Tests.Connections.Subscriptions;

namespace Starling.Edge.Tests.Connections;

/// <summary>What becomes of messages whose member of a shared subscription goes.</summary>
public sealed class SharedRedispatchTests
{
    [Theory]
    [InlineData(0u, true)]
    [InlineData(0u, false)]
    [InlineData(60u, true)]
    [InlineData(60u, false)]
    public async Task Unacknowledged_messages_of_QoS_1_go_to_another_member_in_order(uint expiry, bool orderly)
    {
        await using var broker = await TestBroker.StartAsync();
        await using var publisher = await broker.ConnectAsync("p");
        await using var goes = await broker.ConnectAsync("goes", expiry: expiry);
        await goes.SubscribeAsync("$share/g/a", QoS1);
        for (var i = 0; i < 4; i++)
            await publisher.PublishAsync("a", $"{i}", QoS1);
        await goes.ExpectMessageAsync();
        await AcknowledgedAsync(goes);
        await publisher.PublishAsync("a", "4", QoS1);
        await using var stays = await broker.ConnectAsync("stays");
        await stays.SubscribeAsync("$share/g/a", QoS1);

        await LeaveAsync(goes, orderly);

        (await stays.ExpectPayloadsAsync(4)).ShouldBe(["1", "2", "3", "4"]);
        await stays.ExpectNothingAsync();
    }

    [Fact]
    public async Task Messages_behind_a_full_window_go_to_another_member_too()
    {
        await using var broker = await TestBroker.StartAsync();
        await using var publisher = await broker.ConnectAsync("p");
        await using var goes = await broker.OpenAsync();
        await goes.ConnectAsync(new ConnectPacket { ClientIdentifier = "goes", ReceiveMaximum = 2 });
        await goes.SubscribeAsync("$share/g/a", QoS2);
        for (var i = 0; i < 4; i++)
            await publisher.PublishAsync("a", $"{i}", i < 2 ? QoS1 : QoS2);
        await using var stays = await broker.ConnectAsync("stays");
        await stays.SubscribeAsync("$share/g/a", QoS2);

        await LeaveAsync(goes, orderly: true);

        (await stays.ExpectPayloadsAsync(4)).ShouldBe(["0", "1", "2", "3"]);
    }

    [Fact]
    public async Task They_are_kept_by_a_durable_member_that_is_away_when_nobody_is_there()
    {
        await using var broker = await TestBroker.StartAsync();
        await using var publisher = await broker.ConnectAsync("p");
        await using var goes = await broker.ConnectAsync("goes");
        await goes.SubscribeAsync("$share/g/a", QoS1);
        await using (var away = await broker.ConnectAsync("away", expiry: 60))
        {
            await away.SubscribeAsync("$share/g/a", QoS1);
            await away.DisconnectAsync();
        }

        await publisher.PublishAsync("a", "1", QoS1);
        await goes.ExpectAsync<PublishMessage>();
        await LeaveAsync(goes, orderly: true);

        await using var back = await broker.ConnectAsync("away", cleanStart: false, expiry: 60);
        (await back.ExpectMessageAsync()).Text.ShouldBe("1");
    }

    [Fact]
    [Trait("Statement", "MQTT5-4.8.2-4")]
    public async Task A_QoS_2_message_in_progress_is_finished_with_its_own_member()
    {
        await using var broker = await TestBroker.StartAsync();
        await using var publisher = await broker.ConnectAsync("p");
        await using var stays = await broker.ConnectAsync("stays");
        await using (var goes = await broker.ConnectAsync("goes", expiry: 60))
        {
            await goes.SubscribeAsync("$share/g/a", QoS2);
            await publisher.PublishAsync("a", "1", QoS2);
            await goes.ExpectAsync<PublishMessage>();
            await stays.SubscribeAsync("$share/g/a", QoS2);
            await goes.DisconnectAsync();
        }

        await stays.ExpectNothingAsync();
        await using var back = await broker.ConnectAsync("goes", cleanStart: false, expiry: 60);
        var again = await back.ExpectMessageAsync();
        (again.Text, again.Dup).ShouldBe(("1", true));
    }

    [Theory]
    [InlineData(0u)]
    [InlineData(60u)]
    [Trait("Statement", "MQTT5-4.8.2-5")]
    public async Task A_QoS_2_message_in_progress_ends_with_the_session_of_its_member(uint expiry)
    {
        var time = new ManualTime();
        await using var broker = await TestBroker.StartAsync(time: time);
        await using var publisher = await broker.ConnectAsync("p");
        await using var stays = await broker.ConnectAsync("stays");
        await using (var goes = await broker.ConnectAsync("goes", expiry: expiry))
        {
            await goes.SubscribeAsync("$share/g/a", QoS2);
            await publisher.PublishAsync("a", "1", QoS2);
            await goes.ExpectAsync<PublishMessage>();
            await stays.SubscribeAsync("$share/g/a", QoS2);
            await goes.DisconnectAsync();
        }

        time.Advance(TimeSpan.FromSeconds(61));

        await stays.ExpectNothingAsync();
    }

    [Theory]
    [InlineData(QoS1, PacketType.PubAck)]
    [InlineData(QoS2, PacketType.PubRec)]
    [Trait("Statement", "MQTT5-4.8.2-6")]
    public async Task A_message_that_its_member_refuses_is_not_sent_to_another(QualityOfService qos, PacketType answer)
    {
        await using var broker = await TestBroker.StartAsync();
        await using var publisher = await broker.ConnectAsync("p");
        await using var refuses = await broker.ConnectAsync("refuses");
        await refuses.SubscribeAsync("$share/g/a", QoS2);
        await publisher.PublishAsync("a", "1", qos);
        var message = await refuses.ExpectAsync<PublishMessage>();
        await using var other = await broker.ConnectAsync("other");
        await other.SubscribeAsync("$share/g/a", QoS2);

        await refuses.SendAsync(new AckPacket(answer, message.PacketIdentifier, ReasonCode.ImplementationSpecificError));
        await refuses.ExpectNothingAsync();
        await LeaveAsync(refuses, orderly: true);

        await other.ExpectNothingAsync();
    }

    /// <summary>The broker has read what the client has sent; the messages that are on their way stay unacknowledged.</summary>
    private static async Task AcknowledgedAsync(MqttTestClient client)
    {
        await client.SendAsync(new PingReqPacket());
        while ((await client.ReceiveAsync()).Type != PacketType.PingResp)
        {
        }
    }

    private static async Task LeaveAsync(MqttTestClient client, bool orderly)
    {
        if (orderly)
            await client.DisconnectAsync();
        else
            await client.DisposeAsync();
    }
}
