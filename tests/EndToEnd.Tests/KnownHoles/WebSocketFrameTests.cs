using System.Buffers.Binary;
using System.Net.Sockets;
using System.Text;
using Starling.Protocol;
using Starling.Testing;

namespace Starling.EndToEnd.Tests.KnownHoles;

public sealed class WebSocketFrameTests
{
    [Theory]
    [InlineData(1L << 31)]
    [InlineData(long.MaxValue)]
    public async Task CVE_2026_25627_A_frame_claims_what_has_arrived_of_it_not_the_length_it_announces(long frameLength)
    {
        await using var target = await Target.StartAsync(limits: new { connectTimeout = "4s" });
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

            // CONNECT lies in a frame that never ends.
            await stream.WriteAsync((byte[])[.. frame, .. Bytes.Encode(Target.Login($"c{i}"))], TestContext.Current.CancellationToken);
        }

        (await Task.WhenAll(clients.Select(client => ClosedAsync(client.GetStream())))).ShouldAllBe(closed => closed);
        await target.ShouldBeWellAsync(withinMiB: 48);
        foreach (var client in clients)
            client.Dispose();
    }

    private static async Task<bool> ClosedAsync(NetworkStream stream)
    {
        try
        {
            var buffer = new byte[4096];
            while (await stream.ReadAsync(buffer) > 0)
            {
                // A CONNACK, if the part of the frame that is there was served, or a close frame.
            }
        }
        catch (IOException)
        {
            // Reset.
        }

        return true;
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
