using System.Net;
using System.Net.WebSockets;
using System.Text;
using Starling.Edge.Configuration;

namespace Starling.Edge.Tests.Listeners;

public sealed class WebSocketListenerTests
{
    private static readonly ListenerOptions Ws = TestBroker.Listener(ListenerType.Ws);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("/mqtt", "mqtt")]
    [InlineData("/", "mqtt")]
    [InlineData("/mqtt", "mqttv3.1")]
    public async Task A_client_connects_with_its_sub_protocol(string path, string subProtocol)
    {
        await using var broker = await TestBroker.StartAsync(Ws);
        using var client = await ConnectAsync(broker, path, [subProtocol]);
        client.SubProtocol.ShouldBe(subProtocol);
        await SendAsync(client, "hello");
        (await ReceiveAsync(client, 5)).ShouldBe("hello");
        (await broker.Handler.ServedAsync()).RemoteEndPoint!.Address.ShouldBe(IPAddress.Loopback);
    }

    [Fact]
    [Trait("Statement", "MQTT5-6.0.0-3")]
    [Trait("Statement", "MQTT5-6.0.0-4")]
    [Trait("Statement", "MQTT311-6.0.0-3")]
    [Trait("Statement", "MQTT311-6.0.0-4")]
    public async Task The_sub_protocol_mqtt_is_chosen_among_others()
    {
        await using var broker = await TestBroker.StartAsync(Ws);
        using var client = await ConnectAsync(broker, "/mqtt", ["chat", "mqttv3.1", "mqtt"]);
        client.SubProtocol.ShouldBe("mqtt");
    }

    [Theory]
    [InlineData("/mqtt", "chat", "websocket_protocol")]
    [InlineData("/mqtt", null, "websocket_protocol")]
    [InlineData("/elsewhere", "mqtt", "websocket_path")]
    [Trait("Statement", "MQTT5-6.0.0-3")]
    [Trait("Statement", "MQTT311-6.0.0-3")]
    public async Task A_wrong_sub_protocol_or_path_is_refused(string path, string? subProtocol, string reason)
    {
        await using var broker = await TestBroker.StartAsync(Ws);
        await Should.ThrowAsync<WebSocketException>(() => ConnectAsync(broker, path, subProtocol is null ? [] : [subProtocol]));
        (await broker.RefusedAsync(reason)).ShouldBe(1);
    }

    [Fact]
    public async Task A_plain_request_is_told_what_is_expected()
    {
        await using var broker = await TestBroker.StartAsync(Ws);
        using var http = new HttpClient();
        var response = await http.GetAsync(new Uri($"http://{broker.EndPoint}/mqtt"), Token);
        response.StatusCode.ShouldBe(HttpStatusCode.UpgradeRequired);
        response.Headers.ConnectionClose.ShouldBe(true);
    }

    [Fact]
    [Trait("Statement", "MQTT5-6.0.0-2")]
    [Trait("Statement", "MQTT311-6.0.0-2")]
    public async Task Frames_may_split_and_join_the_bytes_anywhere()
    {
        await using var broker = await TestBroker.StartAsync(Ws);
        using var client = await ConnectAsync(broker);
        await client.SendAsync("ab"u8.ToArray(), WebSocketMessageType.Binary, endOfMessage: false, Token);
        await client.SendAsync("c"u8.ToArray(), WebSocketMessageType.Binary, endOfMessage: true, Token);
        await client.SendAsync(Array.Empty<byte>(), WebSocketMessageType.Binary, endOfMessage: true, Token);
        await client.SendAsync("defgh"u8.ToArray(), WebSocketMessageType.Binary, endOfMessage: true, Token);
        (await ReceiveAsync(client, 8)).ShouldBe("abcdefgh");
    }

    [Fact]
    [Trait("Statement", "MQTT5-6.0.0-1")]
    [Trait("Statement", "MQTT311-6.0.0-1")]
    public async Task A_text_frame_closes_the_connection_and_is_counted()
    {
        await using var broker = await TestBroker.StartAsync(Ws);
        using var client = await ConnectAsync(broker);
        await SendAsync(client, "x");
        await ReceiveAsync(client, 1);
        await client.SendAsync("text"u8.ToArray(), WebSocketMessageType.Text, endOfMessage: true, Token);
        var closed = await client.ReceiveAsync(new byte[10], Token);
        closed.MessageType.ShouldBe(WebSocketMessageType.Close);
        closed.CloseStatus.ShouldBe(WebSocketCloseStatus.InvalidMessageType);
        await broker.Handler.EndedAsync();
        (await broker.MetricAsync("starling_listener_text_frames_total{listener=\"test\"}")).ShouldBe(1);
    }

    [Fact]
    public async Task A_client_that_closes_ends_the_connection()
    {
        await using var broker = await TestBroker.StartAsync(Ws);
        using var client = await ConnectAsync(broker);
        await SendAsync(client, "x");
        await ReceiveAsync(client, 1);
        await client.CloseAsync(WebSocketCloseStatus.NormalClosure, null, Token);
        await broker.Handler.EndedAsync();
        client.State.ShouldBe(WebSocketState.Closed);
    }

    [Fact]
    public async Task Large_data_goes_both_ways()
    {
        await using var broker = await TestBroker.StartAsync(Ws);
        using var client = await ConnectAsync(broker);
        var text = string.Concat(Enumerable.Range(0, 200_000).Select(i => (char)('a' + i % 26)));
        var sending = SendAsync(client, text);
        (await ReceiveAsync(client, text.Length)).ShouldBe(text);
        await sending;
    }

    [Fact]
    public async Task A_draining_broker_says_its_last_word_and_closes()
    {
        await using var broker = await TestBroker.StartAsync(Ws);
        using var client = await ConnectAsync(broker);
        await SendAsync(client, "x");
        await ReceiveAsync(client, 1);
        var stopping = broker.Host.StopAsync();
        (await ReceiveAsync(client, 3)).ShouldBe("bye");
        (await client.ReceiveAsync(new byte[10], Token)).CloseStatus.ShouldBe(WebSocketCloseStatus.NormalClosure);
        await stopping;
    }

    [Fact]
    public async Task Over_TLS_the_server_name_is_known()
    {
        using var certificates = new TestCertificates();
        await using var broker = await TestBroker.StartAsync(TestBroker.Listener(ListenerType.Wss) with
        {
            Tls = new() { Certificates = [certificates.WriteNew("a", "localhost")] },
        });
        using var client = new ClientWebSocket();
        client.Options.AddSubProtocol("mqtt");
        client.Options.RemoteCertificateValidationCallback = (_, certificate, _, _) => certificate is not null;
        await client.ConnectAsync(new Uri($"wss://localhost:{broker.EndPoint.Port}/mqtt"), Token);
        await SendAsync(client, "hello");
        (await ReceiveAsync(client, 5)).ShouldBe("hello");
        var served = await broker.Handler.ServedAsync();
        served.ServerName.ShouldBe("localhost");
        served.IsSecure.ShouldBeTrue();
        await client.CloseAsync(WebSocketCloseStatus.NormalClosure, null, Token);
        await broker.Handler.EndedAsync();
    }

    [Theory]
    [InlineData("https://app.example.com", true)]
    [InlineData("https://evil.example.com", false)]
    [InlineData(null, true)]
    public async Task Only_allowed_origins_connect(string? origin, bool allowed)
    {
        await using var broker = await TestBroker.StartAsync(Ws with { WebSocket = new() { AllowedOrigins = ["https://app.example.com"] } });
        var connect = async () =>
        {
            using var client = await ConnectAsync(broker, headers: origin is null ? [] : [("Origin", origin)]);
        };
        if (allowed)
            await connect.ShouldNotThrowAsync();
        else
            await connect.ShouldThrowAsync<WebSocketException>();
        (await broker.RefusedAsync("websocket_origin")).ShouldBe(allowed ? 0 : 1);
    }

    [Theory]
    [InlineData(null, "http://127.0.0.1:8000", true)]
    [InlineData(null, "https://127.0.0.1", true)]
    [InlineData(null, "https://evil.example.com", false)]
    [InlineData(null, "https://127.0.0.1.evil.example.com", false)]
    [InlineData(null, "null", false)]
    [InlineData("*", "https://evil.example.com", true)]
    [InlineData("*", "null", true)]
    public async Task Pages_of_another_host_may_not_connect_unless_they_are_named(string? setting, string origin, bool allowed)
    {
        await using var broker = await TestBroker.StartAsync(Ws with { WebSocket = new() { AllowedOrigins = setting is null ? null : [setting] } });
        var connect = async () =>
        {
            using var client = await ConnectAsync(broker, headers: [("Origin", origin)]);
        };

        if (allowed)
            await connect.ShouldNotThrowAsync();
        else
            await connect.ShouldThrowAsync<WebSocketException>();
        (await broker.RefusedAsync("websocket_origin")).ShouldBe(allowed ? 0 : 1);
    }

    [Theory]
    [InlineData("127.0.0.1", "203.0.113.9, 198.51.100.7", "198.51.100.7")]
    [InlineData("127.0.0.1", "198.51.100.7, 127.0.0.1", "198.51.100.7")]
    [InlineData("127.0.0.1", "nonsense", "127.0.0.1")]
    [InlineData("10.0.0.0/8", "198.51.100.7", "127.0.0.1")]
    public async Task The_forwarded_address_is_believed_from_a_trusted_proxy_only(string trusted, string forwarded, string expected)
    {
        await using var broker = await TestBroker.StartAsync(Ws with { WebSocket = new() { TrustedProxies = [trusted] } });
        using var client = await ConnectAsync(broker, headers: ("X-Forwarded-For", forwarded));
        (await broker.Handler.ServedAsync()).RemoteEndPoint!.Address.ToString().ShouldBe(expected);
    }

    [Theory]
    [InlineData("")]
    [InlineData("GET /mqtt HTTP/1.1\r\nHost: x\r\n")]
    public async Task A_slow_request_is_closed_at_the_deadline_and_counted(string sent)
    {
        await using var broker = await TestBroker.StartAsync(new EdgeOptions { Listeners = [Ws], Limits = new() { ConnectTimeout = TimeSpan.FromMilliseconds(200) } });
        await using var client = await broker.ConnectAsync();
        await client.SendAsync(sent);
        await client.ReceiveToEndAsync();
        (await broker.RefusedAsync("connect_timeout")).ShouldBe(1);
    }

    [Fact]
    public async Task A_WebSocket_without_CONNECT_is_closed_at_the_deadline()
    {
        var options = new EdgeOptions { Listeners = [Ws], Limits = new() { ConnectTimeout = TimeSpan.FromMilliseconds(500) } };
        await using var broker = await TestBroker.StartAsync(options, new TestHandler { Establishes = false });
        using var client = await ConnectAsync(broker);
        await broker.Handler.EndedAsync();
        (await broker.RefusedAsync("connect_timeout")).ShouldBe(1);
    }

    private static async Task<ClientWebSocket> ConnectAsync(
        TestBroker broker, string path = "/mqtt", string[]? subProtocols = null, params (string Name, string Value)[] headers)
    {
        var client = new ClientWebSocket();
        foreach (var subProtocol in subProtocols ?? ["mqtt"])
            client.Options.AddSubProtocol(subProtocol);
        foreach (var (name, value) in headers)
            client.Options.SetRequestHeader(name, value);
        await client.ConnectAsync(new Uri($"ws://{broker.EndPoint}{path}"), Token);
        return client;
    }

    private static Task SendAsync(ClientWebSocket client, string text) =>
        client.SendAsync(Encoding.ASCII.GetBytes(text), WebSocketMessageType.Binary, endOfMessage: true, Token);

    private static async Task<string> ReceiveAsync(ClientWebSocket client, int count)
    {
        var buffer = new byte[count];
        for (var received = 0; received < count;)
            received += (await client.ReceiveAsync(buffer.AsMemory(received), Token)).Count;
        return Encoding.ASCII.GetString(buffer);
    }
}
