using System.IO.Pipelines;
using System.Net;
using System.Net.Sockets;
using System.Threading.Channels;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Starling.Edge.Configuration;
using Starling.Edge.Listeners;
using Starling.Edge.Listeners.Admissions;
using Starling.Testing;

namespace Starling.Edge.Tests.Listeners;

public sealed class SocketListenerTests : IDisposable
{
    private readonly ServiceProvider _services = new ServiceCollection().AddMetrics().BuildServiceProvider();
    private readonly ManualTime _time = new();
    private readonly TestHandler _handler = new() { Instead = _ => Task.CompletedTask };
    private readonly RecordingLogger<SocketListener> _logger = new();
    private readonly FakeSockets _sockets = new();
    private readonly Drain _drain = new();

    public void Dispose()
    {
        _services.Dispose();
        _drain.Dispose();
    }

    [Fact]
    public async Task An_accept_that_fails_is_logged_and_the_next_connection_is_served()
    {
        var listener = NewListener();
        await listener.OpenAsync(_sockets, new IPEndPoint(IPAddress.Loopback, 0), TestContext.Current.CancellationToken);

        _sockets.Fail(new SocketException((int)SocketError.TooManyOpenSockets));
        var served = _handler.ServedAsync().AsTask();
        _sockets.Connect("after");
        while (!served.IsCompleted)
        {
            TestContext.Current.CancellationToken.ThrowIfCancellationRequested();
            _time.Advance(TimeSpan.FromMilliseconds(100));
            await Task.Yield();
        }

        (await served).Id.ShouldBe("after");
        _logger.Errors.ShouldBe(["Listener tcp could not accept a connection; retrying"]);
        await listener.CloseAsync(TestContext.Current.CancellationToken);
    }

    [Fact]
    public async Task A_listener_that_waits_to_accept_again_closes_at_once()
    {
        var listener = NewListener();
        await listener.OpenAsync(_sockets, new IPEndPoint(IPAddress.Loopback, 0), TestContext.Current.CancellationToken);
        _sockets.Fail(new SocketException((int)SocketError.TooManyOpenSockets));

        await listener.CloseAsync(TestContext.Current.CancellationToken);

        _time.HasTimers.ShouldBeFalse();
    }

    private SocketListener NewListener()
    {
        var options = new ListenerOptions { Name = "tcp", Type = ListenerType.Tcp, Port = 0 };
        var metrics = new ListenerMetrics(_services.GetRequiredService<System.Diagnostics.Metrics.IMeterFactory>());
        var refusals = new RefusalLog(NullLogger<RefusalLog>.Instance, TimeProvider.System);
        var admission = new Admission(
            new EdgeOptions { Listeners = [options] }, new ConnectionLimits(10, 10), TimeProvider.System, metrics, refusals, NullLogger<Admission>.Instance);
        var service = new ClientService(_handler, _drain, NullLogger<ClientService>.Instance);
        var entrance = new Entrance(options, admission, tls: null, service, NullLogger<Entrance>.Instance);
        return new SocketListener(entrance, _time, _logger);
    }

    /// <summary>Accepts what the test gives.</summary>
    private sealed class FakeSockets : IConnectionListenerFactory, IConnectionListener
    {
        private readonly Channel<Func<ConnectionContext>> _accepts = Channel.CreateUnbounded<Func<ConnectionContext>>();

        public EndPoint EndPoint { get; } = new IPEndPoint(IPAddress.Loopback, 1);

        public void Fail(Exception error) => _accepts.Writer.TryWrite(() => throw error);

        public void Connect(string id) => _accepts.Writer.TryWrite(() =>
        {
            var pipe = new Pipe();
            return new DefaultConnectionContext(id)
            {
                Transport = new DuplexPipe(pipe.Reader, pipe.Writer),
                // Its client has left.
                ConnectionClosed = new CancellationToken(canceled: true),
            };
        });

        public ValueTask<IConnectionListener> BindAsync(EndPoint endpoint, CancellationToken cancellationToken = default) => new(this);

        public async ValueTask<ConnectionContext?> AcceptAsync(CancellationToken cancellationToken = default) =>
            await _accepts.Reader.WaitToReadAsync(cancellationToken) && _accepts.Reader.TryRead(out var accept) ? accept() : null;

        public ValueTask UnbindAsync(CancellationToken cancellationToken = default)
        {
            _accepts.Writer.TryComplete();
            return ValueTask.CompletedTask;
        }

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;

        private sealed record DuplexPipe(PipeReader Input, PipeWriter Output) : IDuplexPipe;
    }
}
