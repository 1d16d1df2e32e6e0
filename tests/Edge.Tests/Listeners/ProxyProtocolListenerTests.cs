using System.Text;
using Starling.Edge.Configuration;

namespace Starling.Edge.Tests.Listeners;

public sealed class ProxyProtocolListenerTests
{
    private const string V1 = "PROXY TCP4 192.0.2.1 198.51.100.1 56324 1883\r\n";
    private const string V2 = "\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x18\xC0\0\x02\x01\xC6\x33\x64\x01\xDC\x04\x07\x5B\x02\0\x09" + "acme.test";

    private static readonly EdgeOptions Proxied = new() { Listeners = [TestBroker.Listener(ListenerType.Tcp) with { ProxyProtocol = new() }] };

    [Theory]
    [InlineData(V1, null)]
    [InlineData(V2, "acme.test")]
    public async Task The_client_is_who_the_header_says(string header, string? serverName)
    {
        await using var broker = await TestBroker.StartAsync(Proxied);
        await using var client = await broker.ConnectAsync();
        await client.SendAsync(header + "hello");
        (await client.ReceiveAsync(5)).ShouldBe("hello");
        var served = await broker.Handler.ServedAsync();
        served.RemoteEndPoint!.ToString().ShouldBe("192.0.2.1:56324");
        served.ServerName.ShouldBe(serverName);
    }

    [Theory]
    [InlineData(V1)]
    [InlineData(V2)]
    public async Task A_header_may_come_byte_by_byte(string header)
    {
        await using var broker = await TestBroker.StartAsync(Proxied);
        await using var client = await broker.ConnectAsync();
        foreach (var b in Encoding.Latin1.GetBytes(header))
            await client.WriteAsync(new[] { b }, TestContext.Current.CancellationToken);
        (await client.EchoAsync("hello")).ShouldBe("hello");
        (await broker.Handler.ServedAsync()).RemoteEndPoint!.ToString().ShouldBe("192.0.2.1:56324");
    }

    [Fact]
    public async Task A_proxy_that_speaks_for_itself_keeps_its_own_address()
    {
        await using var broker = await TestBroker.StartAsync(Proxied);
        await using var client = await broker.ConnectAsync();
        await client.SendAsync("\r\n\r\n\0\r\nQUIT\n\x20\0\0\0hello");
        (await client.ReceiveAsync(5)).ShouldBe("hello");
        (await broker.Handler.ServedAsync()).RemoteEndPoint.ShouldBe(client.Socket.LocalEndPoint);
    }

    [Theory]
    [InlineData("\x10\x0c\0\x04MQTT\x04\x02\0\x3c\0\0")]
    [InlineData("PROXY TCP4 nonsense\r\n")]
    [InlineData("\r\n\r\n\0\r\nQUIT\n\x41")]
    public async Task Without_a_valid_header_the_connection_is_closed_and_counted(string sent)
    {
        await using var broker = await TestBroker.StartAsync(Proxied);
        await using var client = await broker.ConnectAsync();
        await client.SendAsync(sent.PadRight(20, '\0'));
        (await client.ReceiveToEndAsync()).ShouldBeEmpty();
        (await broker.RefusedAsync("proxy_header")).ShouldBe(1);
    }

    [Fact]
    public async Task A_header_from_a_source_that_is_not_trusted_is_not_read()
    {
        var options = Proxied with { Listeners = [TestBroker.Listener(ListenerType.Tcp) with { ProxyProtocol = new() { TrustedSources = ["10.0.0.0/8", "::1"] } }] };
        await using var broker = await TestBroker.StartAsync(options);
        await using var client = await broker.ConnectAsync();
        (await client.ReceiveToEndAsync()).ShouldBeEmpty();
        (await broker.RefusedAsync("proxy_source")).ShouldBe(1);
    }

    [Fact]
    public async Task A_trusted_source_comes_in()
    {
        var options = Proxied with { Listeners = [TestBroker.Listener(ListenerType.Tcp) with { ProxyProtocol = new() { TrustedSources = ["127.0.0.0/8"] } }] };
        await using var broker = await TestBroker.StartAsync(options);
        await using var client = await broker.ConnectAsync();
        await client.SendAsync(V1 + "hello");
        (await client.ReceiveAsync(5)).ShouldBe("hello");
    }

    [Fact]
    public async Task A_header_in_front_of_a_listener_that_expects_none_is_data()
    {
        await using var broker = await TestBroker.StartAsync(TestBroker.Listener(ListenerType.Tcp));
        await using var client = await broker.ConnectAsync();
        (await client.EchoAsync(V1)).ShouldBe(V1);
        (await broker.Handler.ServedAsync()).RemoteEndPoint.ShouldBe(client.Socket.LocalEndPoint);
    }

    [Fact]
    public async Task A_slow_header_is_closed_at_the_deadline_and_counted()
    {
        await using var broker = await TestBroker.StartAsync(Proxied with { Limits = new() { ConnectTimeout = TimeSpan.FromMilliseconds(200) } });
        await using var client = await broker.ConnectAsync();
        await client.SendAsync(V1[..20]);
        (await client.ReceiveToEndAsync()).ShouldBeEmpty();
        (await broker.RefusedAsync("proxy_timeout")).ShouldBe(1);
    }

    [Fact]
    public async Task Half_open_connections_count_for_the_client_not_for_the_proxy()
    {
        var options = Proxied with { Limits = new() { HalfOpenPerAddress = 1 } };
        await using var broker = await TestBroker.StartAsync(options, new TestHandler { Establishes = false });
        await using var first = await broker.ConnectAsync();
        await first.SendAsync(V1 + "x");
        await first.ReceiveAsync(1);
        await using var other = await broker.ConnectAsync();
        await other.SendAsync(V1.Replace("192.0.2.1", "192.0.2.2", StringComparison.Ordinal) + "y");
        (await other.ReceiveAsync(1)).ShouldBe("y");
        await using var same = await broker.ConnectAsync();
        await same.SendAsync(V1 + "z");
        (await same.ReceiveAsync(1)).ShouldBe("z");
        (await first.ReceiveToEndAsync()).ShouldBeEmpty();
        (await broker.RefusedAsync("half_open_address")).ShouldBe(1);
    }

    [Fact]
    public async Task TLS_begins_after_the_header()
    {
        using var certificates = new TestCertificates();
        await using var broker = await TestBroker.StartAsync(TestBroker.Listener(ListenerType.Tls) with
        {
            ProxyProtocol = new(),
            Tls = new() { Certificates = [certificates.WriteNew("a", "a.test")] },
        });
        await using var client = await broker.ConnectAsync();
        await client.SendAsync(V2);
        await using var tls = await TestCertificates.HandshakeAsync(client, "sni.test");
        (await tls.EchoAsync("hello")).ShouldBe("hello");
        var served = await broker.Handler.ServedAsync();
        served.RemoteEndPoint!.ToString().ShouldBe("192.0.2.1:56324");
        served.ServerName.ShouldBe("sni.test");
    }
}
