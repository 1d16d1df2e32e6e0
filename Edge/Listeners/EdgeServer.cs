using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Starling.Edge.Listeners;

/// <summary>Opens and closes all listeners: those with HTTP are Kestrel's, the others our own on the same kind of sockets.</summary>
internal sealed class EdgeServer(
    ListenerSet listeners, IConnectionListenerFactory sockets, IOptions<KestrelServerOptions> options, ILoggerFactory loggers) : IServer
{
    private readonly KestrelServer _kestrel = new(options, sockets, loggers);

    public IFeatureCollection Features => _kestrel.Features;

    public async Task StartAsync<TContext>(IHttpApplication<TContext> application, CancellationToken cancellationToken)
        where TContext : notnull
    {
        // Without an address Kestrel would take one of its own choice.
        if (listeners.HasHttp)
            await _kestrel.StartAsync(application, cancellationToken);
        foreach (var (listener, endPoint) in listeners.Sockets)
            await listener.OpenAsync(sockets, endPoint, cancellationToken);
    }

    public Task StopAsync(CancellationToken cancellationToken) =>
        Task.WhenAll([_kestrel.StopAsync(cancellationToken), .. listeners.Sockets.Select(socket => socket.Listener.CloseAsync(cancellationToken))]);

    public void Dispose() => _kestrel.Dispose();
}
