using Starling.Edge.Configuration;
using Starling.Edge.Transports;

namespace Starling.Edge.Tests.Listeners;

public sealed class TcpListenerTests
{
    private static readonly EdgeOptions Tcp = new() { Listeners = [TestBroker.Listener(ListenerType.Tcp) with { Tenant = "acme" }] };

    [Fact]
    public async Task A_client_reaches_the_handler_with_its_address_and_listener()
    {
        await using var broker = await TestBroker.StartAsync(Tcp);
        await using var client = await broker.ConnectAsync();
        (await client.EchoAsync("hello")).ShouldBe("hello");
        var served = await broker.Handler.ServedAsync();
        served.RemoteEndPoint.ShouldBe(client.Socket.LocalEndPoint);
        served.Listener.Tenant.ShouldBe("acme");
        served.IsSecure.ShouldBeFalse();
    }

    [Fact]
    public async Task A_connection_without_CONNECT_is_closed_at_the_deadline_and_counted()
    {
        var options = Tcp with { Limits = new() { ConnectTimeout = TimeSpan.FromMilliseconds(200) } };
        await using var broker = await TestBroker.StartAsync(options, new TestHandler { Establishes = false });
        await using var client = await broker.ConnectAsync();
        await client.EchoAsync("x");
        (await client.ReceiveToEndAsync()).ShouldBeEmpty();
        (await broker.RefusedAsync("connect_timeout")).ShouldBe(1);
    }

    [Fact]
    public async Task An_established_connection_has_no_deadline()
    {
        var time = new Testing.ManualTime();
        await using var broker = await TestBroker.StartAsync(Tcp, time: time);
        await using var client = await broker.ConnectAsync();
        await client.EchoAsync("x");
        time.Advance(TimeSpan.FromHours(1));
        (await client.EchoAsync("y")).ShouldBe("y");
    }

    [Fact]
    public async Task Oldest_silent_connection_of_an_address_gives_way_to_a_new_one()
    {
        var options = Tcp with { Limits = new() { HalfOpenPerAddress = 2 } };
        await using var broker = await TestBroker.StartAsync(options, new TestHandler { Establishes = false });
        await using var first = await broker.ConnectAsync();
        await first.EchoAsync("x");
        await using var second = await broker.ConnectAsync();
        await second.EchoAsync("x");
        await using var third = await broker.ConnectAsync();
        (await third.EchoAsync("y")).ShouldBe("y");
        (await first.ReceiveToEndAsync()).ShouldBeEmpty();
        (await second.EchoAsync("z")).ShouldBe("z");
        (await broker.RefusedAsync("half_open_address")).ShouldBe(1);
        (await broker.MetricAsync("starling_listener_half_open")).ShouldBe(2);
    }

    [Fact]
    public async Task Connection_whose_CONNECT_has_been_received_does_not_give_way()
    {
        var options = Tcp with { Limits = new() { HalfOpenPerAddress = 1 } };
        await using var broker = await TestBroker.StartAsync(options, new TestHandler { Establishes = false, Instead = ReceiveConnectAsync });
        await using var first = await broker.ConnectAsync();
        await first.ReceiveAsync(1);
        await using var second = await broker.ConnectAsync();
        (await second.ReceiveToEndAsync()).ShouldBeEmpty();
        (await broker.RefusedAsync("half_open_address")).ShouldBe(1);
        (await broker.MetricAsync("starling_listener_half_open")).ShouldBe(1);

        static async Task ReceiveConnectAsync(ClientTransport transport)
        {
            transport.ConnectReceived();
            await transport.Output.WriteAsync("c"u8.ToArray(), CancellationToken.None);
            (await transport.Input.ReadAsync(CancellationToken.None)).IsCompleted.ShouldBeTrue();
        }
    }

    [Fact]
    public async Task Established_connections_leave_room_for_half_open_ones()
    {
        var options = Tcp with { Limits = new() { HalfOpenPerAddress = 1, MaximumHalfOpen = 1 } };
        await using var broker = await TestBroker.StartAsync(options);
        await using var first = await broker.ConnectAsync();
        await first.EchoAsync("x");
        await using var second = await broker.ConnectAsync();
        (await second.EchoAsync("y")).ShouldBe("y");
    }

    [Fact]
    public async Task A_half_open_connection_that_leaves_makes_room()
    {
        var options = Tcp with { Limits = new() { HalfOpenPerAddress = 1 } };
        await using var broker = await TestBroker.StartAsync(options, new TestHandler { Establishes = false });
        var first = await broker.ConnectAsync();
        await first.EchoAsync("x");
        await first.DisposeAsync();
        await broker.Handler.EndedAsync();
        // The handler's end comes just before the place is free.
        string echo;
        do
        {
            await using var second = await broker.ConnectAsync();
            await second.SendAsync("y");
            second.Socket.Shutdown(System.Net.Sockets.SocketShutdown.Send);
            echo = await second.ReceiveToEndAsync();
        }
        while (echo.Length == 0);
        echo.ShouldBe("y");
    }

    [Fact]
    public async Task Oldest_silent_connection_of_all_gives_way_when_there_are_too_many_together()
    {
        var options = Tcp with { Limits = new() { MaximumHalfOpen = 1 } };
        await using var broker = await TestBroker.StartAsync(options, new TestHandler { Establishes = false });
        await using var first = await broker.ConnectAsync();
        await first.EchoAsync("x");
        await using var second = await broker.ConnectAsync();
        (await second.EchoAsync("y")).ShouldBe("y");
        (await first.ReceiveToEndAsync()).ShouldBeEmpty();
        (await broker.RefusedAsync("half_open")).ShouldBe(1);
    }

    [Fact]
    public async Task Connections_are_limited_all_together()
    {
        var options = Tcp with { Limits = new() { MaximumConnections = 1 } };
        await using var broker = await TestBroker.StartAsync(options);
        await using var first = await broker.ConnectAsync();
        await first.EchoAsync("x");
        await using var second = await broker.ConnectAsync();
        (await second.ReceiveToEndAsync()).ShouldBeEmpty();
        (await broker.RefusedAsync("connections")).ShouldBe(1);
        (await broker.MetricAsync("starling_listener_open{listener=\"test\"}")).ShouldBe(1);
        using var ready = await broker.SendAsync("/readyz");
        (await ready.Content.ReadAsStringAsync(TestContext.Current.CancellationToken)).ShouldContain("1 connections are open, which is the limit");
    }

    [Fact]
    public async Task Abort_closes_the_connection_at_once()
    {
        await using var broker = await TestBroker.StartAsync(Tcp);
        await using var client = await broker.ConnectAsync();
        await client.EchoAsync("x");
        var served = await broker.Handler.ServedAsync();
        served.Abort();
        (await client.ReceiveToEndAsync()).ShouldBeEmpty();
        await broker.Handler.EndedAsync();
        served.Closed.IsCancellationRequested.ShouldBeTrue();
    }
}
