using System.Buffers;
using Starling.Edge.Configuration;

namespace Starling.Edge.Tests.Listeners;

public sealed class CloseTests : IDisposable
{
    private readonly TestCertificates _certificates = new();

    public void Dispose() => _certificates.Dispose();

    [Theory(Timeout = 60_000)]
    [InlineData(ListenerType.Tcp)]
    [InlineData(ListenerType.Tls)]
    public async Task A_client_that_does_not_read_cannot_keep_a_connection_that_is_over(ListenerType type)
    {
        var time = new Testing.ManualTime();
        await using var broker = await StartAsync(type, time, new TestHandler
        {
            Instead = transport =>
            {
                transport.Output.Write(new byte[32 << 20]);
                return Task.CompletedTask;
            },
        });
        await using var client = await broker.ConnectAsync();
        await using var stream = type == ListenerType.Tls ? await TestCertificates.HandshakeAsync(client, "a.test") : client as Stream;
        var ended = await broker.Handler.EndedAsync();
        while (!ended.Closed.IsCancellationRequested)
        {
            TestContext.Current.CancellationToken.ThrowIfCancellationRequested();
            time.Advance(TimeSpan.FromSeconds(1));
            await Task.Yield();
        }
    }

    [Theory]
    [InlineData(ListenerType.Tcp)]
    [InlineData(ListenerType.Tls)]
    public async Task A_handler_that_fails_costs_its_own_connection_only(ListenerType type)
    {
        var failed = 0;
        await using var broker = await StartAsync(type, TimeProvider.System, new TestHandler
        {
            Instead = transport => Interlocked.Exchange(ref failed, 1) == 0
                ? throw new InvalidOperationException("on purpose")
                : transport.Output.WriteAsync("fine"u8.ToArray()).AsTask(),
        });
        (await TalkAsync(broker, type)).ShouldBeEmpty();
        (await TalkAsync(broker, type)).ShouldBe("fine");
        (await broker.MetricAsync("starling_listener_half_open")).ShouldBe(0);
    }

    private static async Task<string> TalkAsync(TestBroker broker, ListenerType type)
    {
        await using var client = await broker.ConnectAsync();
        await using var stream = type == ListenerType.Tls ? await TestCertificates.HandshakeAsync(client, "a.test") : client as Stream;
        return await stream.ReceiveToEndAsync();
    }

    private Task<TestBroker> StartAsync(ListenerType type, TimeProvider time, TestHandler handler)
    {
        var listener = TestBroker.Listener(type);
        if (type == ListenerType.Tls)
            listener = listener with { Tls = new() { Certificates = [_certificates.WriteNew("a", "a.test")] } };
        return TestBroker.StartAsync(new EdgeOptions { Listeners = [listener] }, handler, time);
    }
}
