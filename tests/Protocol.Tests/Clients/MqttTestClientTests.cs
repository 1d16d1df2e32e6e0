using System.Net.Security;
using System.Net.WebSockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Starling.Testing;
using static Starling.Testing.Raw;

namespace Starling.Protocol.Tests;

public sealed class MqttTestClientTests
{
    private static readonly byte[] PingReq = [0xC0, 0], PingResp = [0xD0, 0];

    [Fact]
    public async Task A_connect_is_answered()
    {
        await using var server = ScriptedServer.Start(async stream =>
        {
            await ScriptedServer.ReadAsync(stream, Packet(0x10, [.. Text("MQTT"), 4, 2, 0, 0, .. Text("c")]));
            await stream.WriteAsync(new byte[] { 0x20, 2, 0, 0 });
        });
        await using var client = await MqttTestClient.OpenAsync(server.EndPoint, ProtocolVersion.Mqtt311);
        (await client.ConnectAsync("c")).SessionPresent.ShouldBeFalse();
    }

    [Fact]
    public async Task A_refused_connect_fails_the_test()
    {
        await using var client = Receiving([0x20, 3, 0, 0x87, 0]);
        (await Should.ThrowAsync<UnexpectedException>(() => client.ConnectAsync("c"))).Message.ShouldContain("NotAuthorized");
    }

    [Fact]
    public async Task Packets_that_come_in_pieces_and_together_are_taken_apart()
    {
        var large = Packet(0x30, [.. Text("t"), 0, .. new byte[20_000]]);
        await using var server = ScriptedServer.Start(async stream =>
        {
            byte[] all = [.. PingResp, .. large, .. PingResp];
            await stream.WriteAsync(all.AsMemory(0, 3));
            await stream.FlushAsync();
            await stream.WriteAsync(all.AsMemory(3));
        });
        await using var client = await MqttTestClient.OpenAsync(server.EndPoint);
        await client.ExpectAsync<PingRespPacket>();
        (await client.ExpectAsync<PublishMessage>()).Payload.Length.ShouldBe(20_000);
        (await client.ReceiveAsync()).Bytes.ShouldBe(PingResp);
        await client.ExpectClosedAsync();
    }

    [Fact]
    public async Task Another_packet_than_the_expected_one_fails_with_both()
    {
        await using var client = Receiving(PingResp);
        var message = (await Should.ThrowAsync<UnexpectedException>(() => client.ExpectAsync<ConnAckPacket>())).Message;
        message.ShouldContain("expected ConnAckPacket");
        message.ShouldContain("PINGRESP D000");
    }

    [Fact]
    public async Task A_wait_that_takes_too_long_fails_with_what_was_expected()
    {
        await using var server = ScriptedServer.Start(async stream => (await stream.ReadAsync(new byte[1])).ShouldBe(0));
        await using var client = await MqttTestClient.OpenAsync(server.EndPoint);
        client.Patience = TimeSpan.FromMilliseconds(20);
        (await Should.ThrowAsync<UnexpectedException>(() => client.ExpectAsync<ConnAckPacket>())).Message
            .ShouldBe("expected ConnAckPacket, nothing came within 0.02 s");
    }

    [Fact]
    public async Task A_closed_connection_fails_with_what_was_expected()
    {
        await using var client = Receiving([]);
        (await Should.ThrowAsync<UnexpectedException>(() => client.ExpectAsync<ConnAckPacket>())).Message
            .ShouldBe("expected ConnAckPacket, the connection was closed");
    }

    [Fact]
    public async Task An_invalid_packet_of_the_server_fails_the_test()
    {
        await using var client = Receiving([0x20, 3, 2, 0, 0]);
        (await Should.ThrowAsync<UnexpectedException>(() => client.ReceiveAsync())).Message.ShouldContain("2003020000");
    }

    [Fact]
    public async Task A_packet_where_the_end_is_expected_fails_the_test()
    {
        await using var client = Receiving(PingResp);
        await Should.ThrowAsync<UnexpectedException>(client.ExpectClosedAsync);
    }

    [Theory]
    [InlineData(new byte[] { 0xE0, 1, 0x8E }, true)]
    [InlineData(new byte[] { 0xE0, 1, 0x8D }, false)]
    [InlineData(new byte[] { 0xE0, 1, 0x8E, 0xD0, 0 }, false)]
    [InlineData(new byte[0], false)]
    public async Task A_disconnect_with_its_reason_and_then_the_end_are_expected(byte[] sent, bool expected)
    {
        await using var client = Receiving(sent);
        var failure = await Record.ExceptionAsync(() => client.ExpectDisconnectedAsync(ReasonCode.SessionTakenOver));
        (failure is null).ShouldBe(expected);
    }

    [Fact]
    public async Task Nothing_comes_when_the_ping_is_answered_at_once()
    {
        await using var client = Receiving(PingResp);
        await client.ExpectNothingAsync();
    }

    [Fact]
    public async Task A_packet_before_the_ping_is_answered_is_something()
    {
        await using var client = Receiving([.. Packet(0x30, [.. Text("t"), 0]), .. PingResp]);
        (await Should.ThrowAsync<UnexpectedException>(client.ExpectNothingAsync)).Message.ShouldContain("PUBLISH");
    }

    [Fact]
    public async Task A_message_before_the_suback_is_kept()
    {
        await using var client = Receiving([.. Packet(0x30, [.. Text("t"), 0, 1]), .. Packet(0x90, 0, 1, 0, 1)]);
        (await client.SubscribeAsync("t", QualityOfService.AtLeastOnce)).ReasonCodes.ShouldBe([ReasonCode.GrantedQoS1]);
        (await client.ExpectMessageAsync()).Topic.ShouldBe("t");
    }

    [Fact]
    public async Task A_publish_at_qos_2_goes_through_all_its_steps()
    {
        await using var server = ScriptedServer.Start(async stream =>
        {
            await ScriptedServer.ReadAsync(stream, Packet(0x34, [.. Text("t"), 0, 1, 0, 97]));
            await stream.WriteAsync(Packet(0x50, 0, 1));
            await ScriptedServer.ReadAsync(stream, Packet(0x62, 0, 1));
            await stream.WriteAsync(Packet(0x70, 0, 1));
        });
        await using var client = await MqttTestClient.OpenAsync(server.EndPoint);
        (await client.PublishAsync("t", "a", QualityOfService.ExactlyOnce)).ShouldBe(ReasonCode.Success);
    }

    [Fact]
    public async Task A_message_at_qos_2_is_acknowledged_through_all_its_steps()
    {
        await using var server = ScriptedServer.Start(async stream =>
        {
            await stream.WriteAsync(Packet(0x34, [.. Text("t"), 0, 9, 0, 97]));
            await ScriptedServer.ReadAsync(stream, Packet(0x50, 0, 9));
            await stream.WriteAsync(Packet(0x62, 0, 9));
            await ScriptedServer.ReadAsync(stream, Packet(0x70, 0, 9));
        });
        await using var client = await MqttTestClient.OpenAsync(server.EndPoint);
        (await client.ExpectMessageAsync()).Text.ShouldBe("a");
    }

    [Fact]
    public async Task Packets_travel_over_websocket_messages()
    {
        await using var server = ScriptedServer.StartWebSocket(async webSocket =>
        {
            var buffer = new byte[100];
            var received = await webSocket.ReceiveAsync(buffer.AsMemory(), default);
            received.MessageType.ShouldBe(WebSocketMessageType.Binary);
            buffer[..received.Count].ShouldBe(PingReq);
            await webSocket.SendAsync(PingResp.AsMemory(0, 1), WebSocketMessageType.Binary, endOfMessage: true, default);
            await webSocket.SendAsync(PingResp.AsMemory(1), WebSocketMessageType.Binary, endOfMessage: true, default);
            await webSocket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, null, default);
        });
        await using var client = await MqttTestClient.OpenWebSocketAsync(server.WebSocketUri);
        await client.ExpectNothingAsync();
        await client.ExpectClosedAsync();
    }

    [Fact]
    public async Task Packets_travel_over_tls()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=localhost", key, HashAlgorithmName.SHA256);
        using var certificate = request.CreateSelfSigned(DateTimeOffset.UnixEpoch, DateTimeOffset.MaxValue);
        await using var server = ScriptedServer.Start(async stream =>
        {
            await using var tls = new SslStream(stream);
            await tls.AuthenticateAsServerAsync(certificate);
            await ScriptedServer.ReadAsync(tls, PingReq);
            await tls.WriteAsync(PingResp);
        });
        var options = new SslClientAuthenticationOptions
        {
            TargetHost = "localhost",
            RemoteCertificateValidationCallback = (_, offered, _, _) => offered?.GetCertHashString() == certificate.GetCertHashString(),
        };
        await using var client = await MqttTestClient.OpenTlsAsync(server.EndPoint, options);
        await client.ExpectNothingAsync();
        await client.ExpectClosedAsync();
    }

    /// <summary>A client to which these bytes come, then the end; what it sends goes nowhere.</summary>
    private static MqttTestClient Receiving(byte[] bytes) => new(new OneWayStream(bytes));

    private sealed class OneWayStream(byte[] bytes) : MemoryStream(bytes)
    {
        public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default) => default;
    }
}
