using System.Buffers.Binary;
using System.Net.Sockets;
using System.Text;
using Starling.Protocol;
using Starling.Testing;

namespace Starling.EndToEnd.Tests.KnownHoles;

[Collection(nameof(KnownHoles))]
public sealed class WebSocketFrameTests
{
    [Theory]
    [InlineData(1L << 31)]
    [InlineData(long.MaxValue)]
    public async Task CVE_2026_25627_The_length_of_a_frame_is_not_the_length_of_a_packet(long frameLength)
    {
        await using var target = await Target.StartAsync();
        var clients = new List<TcpClient>();
        byte[] frame = [0x82, 0xFF, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]; // binary, length of 8 bytes, mask of zeros
        BinaryPrimitives.WriteInt64BigEndian(frame.AsSpan(2), frameLength);

        for (var i = 0; i < 50; i++)
        {
            var tcp = new TcpClient();
            clients.Add(tcp);
            await tcp.ConnectAsync(target.Broker.EndPoint("ws"), TestContext.Current.CancellationToken);
            var stream = tcp.GetStream();
            await stream.WriteAsync(Encoding.ASCII.GetBytes(
                "GET /mqtt HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
                + "Sec-WebSocket-Protocol: mqtt\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"), TestContext.Current.CancellationToken);
            var answer = new byte[4096];
            var length = 0;
            while (!Encoding.ASCII.GetString(answer, 0, length).Contains("\r\n\r\n", StringComparison.Ordinal))
                length += await stream.ReadAsync(answer.AsMemory(length), TestContext.Current.CancellationToken);

            // Two packets at the beginning of a frame that never ends: served as they come.
            await stream.WriteAsync((byte[])[.. frame, .. Bytes.Encode(Target.Login($"c{i}")), .. Bytes.Encode(new PingReqPacket())], TestContext.Current.CancellationToken);
            (await stream.ReadAsync(answer, TestContext.Current.CancellationToken)).ShouldBeGreaterThan(0);
            answer[0].ShouldBe((byte)0x82);
            answer[2].ShouldBe((byte)0x20); // CONNACK
        }

        await target.ShouldBeWellAsync(withinMiB: 48);
        foreach (var client in clients)
            client.Dispose();
    }

    [Fact]
    public async Task CVE_2026_25627_A_packet_may_lie_in_as_many_frames_as_it_has_bytes_and_a_frame_may_hold_many_packets()
    {
        await using var target = await Target.StartAsync();
        await using var client = Target.Patient(await MqttTestClient.OpenWebSocketAsync(new Uri($"ws://{target.Broker.EndPoint("ws")}/mqtt")));

        foreach (var one in Bytes.Encode(Target.Login("c")))
            await client.SendAsync([one]);
        await client.ExpectAsync<ConnAckPacket>();
        await client.SendAsync(Bytes.Together(Enumerable.Repeat<object>(new PingReqPacket(), 1000)));

        for (var i = 0; i < 1000; i++)
            await client.ExpectAsync<PingRespPacket>();
        await target.ShouldBeWellAsync(withinMiB: 24);
    }
}
