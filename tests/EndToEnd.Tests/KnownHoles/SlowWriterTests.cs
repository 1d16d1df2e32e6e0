using System.Diagnostics;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Starling.EndToEnd.Tests.Harness;
using Starling.Protocol;
using Starling.Testing;

namespace Starling.EndToEnd.Tests.KnownHoles;

/// <summary>Slow loris: clients that send a byte now and then, so as never to be silent and never to be done.</summary>
public sealed class SlowWriterTests
{
    private const int Lorises = 30;

    /// <summary>Of two seconds, on a machine that is busy with other things. What drips lasts far longer.</summary>
    private static readonly TimeSpan Late = TimeSpan.FromSeconds(15);

    /// <summary>Half a minute at a byte every 100 ms.</summary>
    private static readonly byte[] Connect = Bytes.Encode(Target.Login(new string('l', 300)));

    [Fact]
    [Trait("Lane", "alone")]
    public async Task Slow_loris_before_CONNECT_is_closed_at_the_deadline_however_busy_it_seems()
    {
        string[] listeners = ["tcp", "tls", "ws", "wss"];
        await using var target = await Target.StartAsync(limits: new { connectTimeout = "2s", halfOpenPerAddress = 2 * Lorises * listeners.Length });
        await using var pair = await HealthyPair.StartAsync(target);
        var lorises = listeners.SelectMany(listener => Enumerable.Range(0, Lorises).Select(_ => DripAsync(target.Broker, listener))).ToList();

        var lives = await Task.WhenAll(lorises);

        lives.Max().ShouldBeLessThan(Late);
        (await target.MetricAsync("starling_listener_half_open")).ShouldBe(0);
        await pair.ShouldHaveBeenWellAsync(medianMilliseconds: 50, worstMilliseconds: 2000);
        await target.ShouldBeWellAsync(withinMiB: 64);
    }

    [Theory]
    [InlineData("tls")]
    [InlineData("ws")]
    public async Task Slow_loris_within_the_handshake_below_MQTT_is_closed_at_the_same_deadline(string listener)
    {
        await using var target = await Target.StartAsync(limits: new { connectTimeout = "2s" });
        // A TLS record that announces 16 KB, and a request whose head never ends.
        byte[] start = listener == "tls" ? [0x16, 3, 1, 0x40, 0] : Encoding.ASCII.GetBytes("GET /mqtt HTTP/1.1\r\nHost: a\r\nX-Slow: ");
        var lorises = Enumerable.Range(0, Lorises).Select(_ => OverTcpAsync());

        (await Task.WhenAll(lorises)).Max().ShouldBeLessThan(Late);

        await target.ShouldBeWellAsync(withinMiB: 48);

        async Task<TimeSpan> OverTcpAsync()
        {
            using var tcp = new TcpClient();
            await tcp.ConnectAsync(target.Broker.EndPoint(listener));
            return await DripAsync(tcp.GetStream(), [.. start, .. Enumerable.Repeat((byte)'x', 500)]);
        }
    }

    [Theory]
    [InlineData(ProtocolVersion.Mqtt311)]
    [InlineData(ProtocolVersion.Mqtt5)]
    public async Task Slow_loris_with_a_session_is_closed_by_its_keep_alive_since_bytes_are_no_packets(ProtocolVersion version)
    {
        await using var target = await Target.StartAsync();
        using var tcp = new TcpClient();
        await tcp.ConnectAsync(target.Broker.EndPoint("tcp"), TestContext.Current.CancellationToken);
        var stream = tcp.GetStream();
        await stream.WriteAsync(Bytes.Encode(Target.Login("loris", version) with { KeepAlive = 1 }, version), TestContext.Current.CancellationToken);

        var life = await DripAsync(stream, [0x30, 0xF4, 0x03, .. Bytes.Text("a"), .. new byte[497]]);

        life.ShouldBeLessThan(Late);
        (await target.MetricAsync("starling_connections_keep_alive_timeouts_total{tenant=\"demo\"}")).ShouldBe(1);
        await target.ShouldBeWellAsync(withinMiB: 24);
    }

    [Fact]
    public async Task A_slow_line_that_sends_a_large_message_is_not_taken_for_a_slow_loris()
    {
        await using var target = await Target.StartAsync();
        await using var client = await target.OpenAsync();
        await client.ConnectAsync(Target.Login("slow line") with { KeepAlive = 1 });
        var message = Bytes.Encode(Bytes.Publish("a", new byte[100_000], QualityOfService.AtLeastOnce, 1));
        using var pace = new PeriodicTimer(TimeSpan.FromMilliseconds(200));

        // 25 KB a second, and four seconds for one packet.
        foreach (var piece in message.Chunk(5000))
        {
            await client.SendAsync(piece);
            await pace.WaitForNextTickAsync(TestContext.Current.CancellationToken);
        }

        (await client.ExpectAsync<AckPacket>()).Type.ShouldBe(PacketType.PubAck);
    }

    private static bool IsOurs(object sender, X509Certificate? certificate, X509Chain? chain, SslPolicyErrors errors) =>
        certificate?.Issuer.Contains("Starling", StringComparison.Ordinal) == true;

    private static async Task<TimeSpan> DripAsync(BrokerProcess broker, string listener)
    {
        switch (listener)
        {
            case "tcp":
                using (var tcp = new TcpClient())
                {
                    await tcp.ConnectAsync(broker.EndPoint(listener));
                    return await DripAsync(tcp.GetStream(), Connect[..^1]);
                }
            case "tls":
                using (var tcp = new TcpClient())
                {
                    await tcp.ConnectAsync(broker.EndPoint(listener));
                    await using var tls = new SslStream(tcp.GetStream());
                    await tls.AuthenticateAsClientAsync(new SslClientAuthenticationOptions { TargetHost = "localhost", RemoteCertificateValidationCallback = IsOurs });
                    return await DripAsync(tls, Connect[..^1]);
                }
            default:
                // The client's send is a frame each.
                await using (var client = await MqttTestClient.OpenWebSocketAsync(
                    new Uri($"{listener}://{broker.EndPoint(listener)}/mqtt"),
                    configure: static options => options.RemoteCertificateValidationCallback = IsOurs))
                {
                    var since = Stopwatch.GetTimestamp();
                    var closed = client.ExpectClosedAsync();
                    await DripAsync(async piece => await client.SendAsync(piece), closed, Connect[..^1]);
                    await closed;
                    return Stopwatch.GetElapsedTime(since);
                }
        }
    }

    private static async Task<TimeSpan> DripAsync(Stream stream, byte[] bytes)
    {
        var since = Stopwatch.GetTimestamp();
        var closed = ReadToEndAsync(stream);
        await DripAsync(async piece => await stream.WriteAsync(piece), closed, bytes);
        await closed.WaitAsync(ChildProcess.Patience);
        return Stopwatch.GetElapsedTime(since);
    }

    /// <summary>A byte every 100 ms, until the connection is closed or nothing is left to send.</summary>
    private static async Task DripAsync(Func<byte[], Task> send, Task closed, byte[] bytes)
    {
        using var pace = new PeriodicTimer(TimeSpan.FromMilliseconds(100));
        try
        {
            for (var i = 0; i < bytes.Length && !closed.IsCompleted; i++)
            {
                await send([bytes[i]]);
                await pace.WaitForNextTickAsync();
            }
        }
        catch (Exception error) when (error is IOException or System.Net.WebSockets.WebSocketException or ObjectDisposedException
            or InvalidOperationException or NotSupportedException or OperationCanceledException)
        {
            // Closed while it was sending; what a web socket throws then depends on the moment.
        }
    }

    private static async Task ReadToEndAsync(Stream stream)
    {
        var buffer = new byte[1024];
        try
        {
            while (await stream.ReadAsync(buffer) > 0)
            {
                // A CONNACK, or what a TLS or HTTP server has to say.
            }
        }
        catch (IOException)
        {
            // Reset, which is closed too.
        }
    }
}
