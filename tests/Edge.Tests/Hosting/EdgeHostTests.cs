using Starling.Edge.Configuration;
using Starling.Edge.Tests.Listeners;

namespace Starling.Edge.Tests.Hosting;

public sealed class EdgeHostTests
{
    private static readonly EdgeOptions Tcp = new() { Listeners = [TestBroker.Listener(ListenerType.Tcp)] };

    [Fact]
    public async Task Every_listener_tells_where_it_is_bound()
    {
        await using var broker = await TestBroker.StartAsync(
            TestBroker.Listener(ListenerType.Tcp) with { Name = "a" }, TestBroker.Listener(ListenerType.Ws) with { Name = "b" });
        broker.Host.Endpoints.Keys.ShouldBe(["a", "b"], ignoreOrder: true);
        broker.Host.Endpoints.Values.ShouldAllBe(endPoint => endPoint.Port != 0);
    }

    [Fact]
    public async Task Draining_lets_handlers_say_goodbye()
    {
        await using var broker = await TestBroker.StartAsync(Tcp);
        await using var client = await broker.ConnectAsync();
        await client.EchoAsync("x");
        await broker.Host.StopAsync();
        (await client.ReceiveToEndAsync()).ShouldBe("bye");
    }

    [Fact]
    public async Task Connections_that_do_not_end_in_time_are_aborted()
    {
        await using var broker = await TestBroker.StartAsync(Tcp with { ShutdownTimeout = TimeSpan.FromMilliseconds(100) }, new TestHandler { IgnoresDrain = true });
        await using var client = await broker.ConnectAsync();
        await client.EchoAsync("x");
        await broker.Host.StopAsync();
        (await client.ReceiveToEndAsync()).ShouldBeEmpty();
        await broker.Handler.EndedAsync();
    }

    [Fact]
    public async Task Connections_that_are_not_at_their_handler_yet_do_not_hold_up_the_end()
    {
        var options = new EdgeOptions { Listeners = [TestBroker.Listener(ListenerType.Tcp) with { ProxyProtocol = new() }], ShutdownTimeout = TimeSpan.FromMinutes(10) };
        await using var broker = await TestBroker.StartAsync(options);
        await using var client = await broker.ConnectAsync();
        while (await broker.MetricAsync("starling_listener_half_open") == 0)
            TestContext.Current.CancellationToken.ThrowIfCancellationRequested();
        await broker.Host.StopAsync();
        (await client.ReceiveToEndAsync()).ShouldBeEmpty();
        (await broker.RefusedAsync("draining")).ShouldBe(1);
    }
}
