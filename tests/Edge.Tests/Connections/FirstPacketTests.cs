using System.Text;
using Starling.Edge.Configuration;
using Starling.Protocol;
using Starling.Testing;

namespace Starling.Edge.Tests.Connections;

public sealed class FirstPacketTests
{
    public static MatrixTheoryData<ProtocolVersion, PacketType> ServerPackets => new(
        [ProtocolVersion.Mqtt311, ProtocolVersion.Mqtt5], [PacketType.ConnAck, PacketType.SubAck, PacketType.UnsubAck, PacketType.PingResp]);

    public static TheoryData<ProtocolVersion> Versions => new(Enum.GetValues<ProtocolVersion>());

    [Theory]
    [InlineData("PINGREQ in 5")]
    [InlineData("DISCONNECT in 5")]
    [InlineData("AUTH that continues")]
    [InlineData("CONNACK minimal 5")]
    [InlineData("UNSUBSCRIBE in 5")]
    [Trait("Statement", "MQTT5-3.1.0-1")]
    [Trait("Statement", "MQTT5-3.2.0-1")]
    [Trait("Statement", "MQTT5-3.14.0-1")]
    [Trait("Statement", "MQTT311-3.1.0-1")]
    [Trait("Statement", "MQTT311-3.2.0-1")]
    public async Task A_first_packet_other_than_CONNECT_is_not_answered_but_closed(string packet)
    {
        await using var broker = await TestBroker.StartAsync();
        await using var client = await broker.OpenAsync();

        await client.SendAsync(PacketCatalogue.Named(packet).Bytes);

        await client.ExpectClosedAsync();
    }

    [Fact]
    [Trait("Statement", "MQTT5-3.1.0-1")]
    public async Task A_client_that_does_not_speak_MQTT_is_closed()
    {
        await using var broker = await TestBroker.StartAsync();
        await using var client = await broker.OpenAsync();

        await client.SendAsync("GET / HTTP/1.1\r\nHost: broker\r\n\r\n"u8.ToArray());

        await client.ExpectClosedAsync();
    }

    [Theory]
    [MemberData(nameof(Versions))]
    [Trait("Statement", "MQTT5-3.1.0-2")]
    [Trait("Statement", "MQTT5-3.2.0-2")]
    [Trait("Statement", "MQTT311-3.1.0-2")]
    [Trait("Statement", "MQTT311-4.8.0-1")]
    public async Task A_second_CONNECT_is_a_protocol_error(ProtocolVersion version)
    {
        await using var broker = await TestBroker.StartAsync();
        await using var client = await broker.ConnectAsync("twice", version);

        await client.SendAsync(new ConnectPacket { ProtocolVersion = version, ClientIdentifier = "twice" });

        await client.ExpectDisconnectedAsync(ReasonCode.ProtocolError);
    }

    [Theory]
    [MemberData(nameof(ServerPackets))]
    [Trait("Statement", "MQTT5-4.13.1-1")]
    [Trait("Statement", "MQTT311-4.8.0-1")]
    public async Task A_packet_that_only_a_server_sends_is_a_protocol_error(ProtocolVersion version, PacketType type)
    {
        await using var broker = await TestBroker.StartAsync();
        await using var client = await broker.ConnectAsync("confused", version);

        await client.SendAsync([(byte)((int)type << 4), 0]);

        await client.ExpectDisconnectedAsync(ReasonCode.ProtocolError);
    }

    [Fact]
    [Trait("Statement", "MQTT311-2.2.2-2")]
    public async Task AUTH_does_not_exist_for_a_client_of_3_1_1()
    {
        await using var broker = await TestBroker.StartAsync();
        await using var client = await broker.ConnectAsync("old", ProtocolVersion.Mqtt311);

        await client.SendAsync([0xF0, 0]);

        await client.ExpectClosedAsync();
    }

    [Theory]
    [MemberData(nameof(Versions))]
    [Trait("Statement", "MQTT5-3.1.4-5")]
    [Trait("Statement", "MQTT5-3.2.0-1")]
    [Trait("Statement", "MQTT311-3.1.4-4")]
    [Trait("Statement", "MQTT311-3.2.0-1")]
    public async Task What_is_sent_along_with_CONNECT_is_answered_after_CONNACK(ProtocolVersion version)
    {
        await using var broker = await TestBroker.StartAsync();
        await using var client = await broker.OpenAsync(version);

        var connect = AnyPacket.Encode(new ConnectPacket { ProtocolVersion = version, ClientIdentifier = "hasty" }, version);
        await client.SendAsync([.. connect, 0xC0, 0]);

        (await client.ExpectAsync<ConnAckPacket>()).ReasonCode.ShouldBe(ReasonCode.Success);
        await client.ExpectAsync<PingRespPacket>();
    }

    [Theory]
    [MemberData(nameof(Versions))]
    [Trait("Statement", "MQTT5-3.1.4-6")]
    [Trait("Statement", "MQTT311-3.1.4-5")]
    public async Task What_is_sent_along_with_a_refused_CONNECT_is_not_processed(ProtocolVersion version)
    {
        await using var broker = await TestBroker.StartAsync();
        await using var watcher = await broker.ConnectAsync("watcher");
        await watcher.SubscribeAsync("#");
        await using var client = await broker.OpenAsync(version);

        var connect = new ConnectPacket { ProtocolVersion = version, ClientIdentifier = "stranger", UserName = "nobody", Password = "x"u8.ToArray() };
        var publish = new PublishMessage { Topic = "a", Payload = "x"u8.ToArray() };
        await client.SendAsync([.. AnyPacket.Encode(connect, version), .. AnyPacket.Encode(publish, version)]);

        (await client.ExpectAsync<ConnAckPacket>()).ReasonCode.ShouldBe(ReasonCode.BadUserNameOrPassword);
        await client.ExpectClosedAsync();
        await watcher.ExpectNothingAsync();
    }

    [Fact]
    public async Task A_CONNECT_may_arrive_byte_by_byte()
    {
        await using var broker = await TestBroker.StartAsync();
        await using var client = await broker.OpenAsync();

        foreach (var one in AnyPacket.Encode(new ConnectPacket { ClientIdentifier = "slow" }, ProtocolVersion.Mqtt5))
            await client.SendAsync([one]);

        (await client.ExpectAsync<ConnAckPacket>()).ReasonCode.ShouldBe(ReasonCode.Success);
    }

    [Fact]
    public async Task A_CONNECT_over_the_size_limit_is_closed_at_its_fixed_header()
    {
        await using var broker = await TestBroker.StartAsync(limits: new LimitOptions { MaximumConnectPacketSize = 1000 });
        await using var client = await broker.OpenAsync();

        await client.SendAsync([0x10, 0xE6, 0x07]);

        await client.ExpectClosedAsync();
    }

    [Fact]
    public async Task A_CONNECT_of_just_the_size_limit_is_accepted()
    {
        var connect = new ConnectPacket { ClientIdentifier = "large", UserProperties = [new("k", new string('v', 900))] };
        var limits = new LimitOptions { MaximumConnectPacketSize = AnyPacket.Encode(connect, ProtocolVersion.Mqtt5).Length };
        await using var broker = await TestBroker.StartAsync(limits: limits);
        await using var client = await broker.OpenAsync();

        (await client.ConnectAsync(connect)).ReasonCode.ShouldBe(ReasonCode.Success);
    }

    [Theory]
    [InlineData("MQTT", 0x83)]
    [InlineData("MQIsdp", 0x84)]
    [InlineData("MQTT", 0x85)]
    [Trait("Statement", "MQTT311-3.1.2-2")]
    public async Task A_level_that_no_bridge_has_is_refused_in_the_form_of_3(string name, byte level)
    {
        await using var broker = await TestBroker.StartAsync();
        await using var bridge = await broker.OpenAsync(ProtocolVersion.Mqtt311);

        await bridge.SendAsync(Raw.Packet(0x10, [.. Raw.Text(name), level, 2, 0, 60, .. Raw.Text("bridge")]));

        (await bridge.ReceiveAsync()).Bytes.ShouldBe([0x20, 2, 0, 1]);
        await bridge.ExpectClosedAsync();
    }

    [Fact]
    [Trait("Statement", "MQTT5-3.1.2-2")]
    public async Task A_version_of_the_future_is_told_so_in_the_form_of_5()
    {
        await using var broker = await TestBroker.StartAsync();
        await using var client = await broker.OpenAsync();

        await client.SendAsync(Raw.Packet(0x10, [.. Raw.Text("MQTT"), 6, 2, 0, 60, .. Encoding.ASCII.GetBytes("whatever comes then")]));

        (await client.ExpectAsync<ConnAckPacket>()).ReasonCode.ShouldBe(ReasonCode.UnsupportedProtocolVersion);
        await client.ExpectClosedAsync();
    }
}
