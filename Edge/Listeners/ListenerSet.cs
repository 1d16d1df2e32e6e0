using System.Net;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.Logging;
using Starling.Broker.Time;
using Starling.Edge.Configuration;
using Starling.Edge.Listeners.Admissions;
using Starling.Edge.Listeners.Tls;
using Starling.Hosting.Configuration;
using Starling.Hosting.Sockets;

namespace Starling.Edge.Listeners;

/// <summary>All listeners of the process.</summary>
internal sealed class ListenerSet : IDisposable
{
    private readonly EdgeOptions _options;
    private readonly List<Entrance> _webEntrances = [];
    private readonly List<(SocketListener Listener, IPEndPoint EndPoint)> _sockets = [];
    private readonly List<(string Name, ListenOptions Bound)> _bound = [];
    private readonly CertificateWatch _watch;

    /// <exception cref="SettingException">A certificate cannot be used.</exception>
    public ListenerSet(
        EdgeOptions options, Admission admission, ClientService service, ListenerMetrics metrics, BrokerClock clock, ILoggerFactory loggers)
    {
        // Certificates carry dates that others made.
        var time = clock.Wall;
        _options = options;
        var logger = loggers.CreateLogger<TlsIdentitySource>();
        var development = EnsureDevelopmentCertificate(options, time);
        var identities = new List<TlsIdentitySource>();
        for (var i = 0; i < options.Listeners.Count; i++)
        {
            var listener = options.Listeners[i];
            TlsIdentitySource? identity = null;
            if (listener.Tls is { } tls)
            {
                var own = tls.DevelopmentCertificate ? development : null;
                identity = new TlsIdentitySource(listener, $"listeners[{i}]", own, options.Resolve, time, logger);
                identities.Add(identity);
            }
            var entrance = new Entrance(listener, admission, identity, service, loggers.CreateLogger<Entrance>());
            if (listener.Type is ListenerType.Ws or ListenerType.Wss)
                _webEntrances.Add(entrance);
            else
                _sockets.Add((new SocketListener(entrance, time, loggers.CreateLogger<SocketListener>()), EndPointOf(listener)));
        }
        _watch = new CertificateWatch(identities, options.CertificateCheckInterval, time, loggers.CreateLogger<CertificateWatch>());
        metrics.ObserveCertificates(() => _watch.Certificates);
    }

    /// <summary>Looks at the files of all certificates now.</summary>
    public void CheckCertificates() => _watch.CheckNow();

    /// <summary>Name and bound address of each listener, once it is open.</summary>
    public IEnumerable<KeyValuePair<string, IPEndPoint>> Endpoints =>
        from listener in _options.Listeners
        select KeyValuePair.Create(
            listener.Name,
            _sockets.FirstOrDefault(socket => socket.Listener.Name == listener.Name).Listener?.EndPoint ?? _bound.First(web => web.Name == listener.Name).Bound.IPEndPoint!);

    /// <summary>Those of WebSocket, which are Kestrel's (<see cref="ConfigureKestrel"/>).</summary>
    public bool HasHttp => _webEntrances.Count > 0;

    /// <summary>The others.</summary>
    public IReadOnlyList<(SocketListener Listener, IPEndPoint EndPoint)> Sockets => _sockets;

    public void ConfigureSockets(SocketTransportOptions sockets) => ListenSockets.Configure(sockets, NameOf, _options.Limits.TcpKeepAlive);

    public void ConfigureKestrel(KestrelServerOptions kestrel)
    {
        kestrel.AddServerHeader = false;
        kestrel.Limits.MaxConcurrentConnections = null;
        kestrel.Limits.MaxConcurrentUpgradedConnections = null;
        kestrel.Limits.MinRequestBodyDataRate = null;
        kestrel.Limits.MinResponseDataRate = null;
        kestrel.Limits.RequestHeadersTimeout = _options.Limits.ConnectTimeout;
        kestrel.Limits.KeepAliveTimeout = _options.Limits.ConnectTimeout;
        kestrel.Limits.MaxRequestHeadersTotalSize = 16 * 1024;
        kestrel.Limits.MaxRequestBodySize = 0;
        foreach (var entrance in _webEntrances)
        {
            var listener = entrance.Listener;
            kestrel.Listen(EndPointOf(listener), bound =>
            {
                _bound.Add((listener.Name, bound));
                bound.Protocols = HttpProtocols.Http1;
                bound.Use(http => connection => entrance.EnterAsync(connection, http));
            });
        }
    }

    public void Dispose() => _watch.Dispose();

    private static IPEndPoint EndPointOf(ListenerOptions listener) => new(IPAddress.Parse(listener.Address), listener.Port);

    private string NameOf(IPEndPoint endPoint)
    {
        var listener = _options.Listeners.FirstOrDefault(listener => EndPointOf(listener).Equals(endPoint));
        return listener is null ? "listener" : $"listener \"{listener.Name}\"";
    }

    private static CertificateOptions? EnsureDevelopmentCertificate(EdgeOptions options, TimeProvider time)
    {
        if (!options.Listeners.Any(listener => listener.Tls is { DevelopmentCertificate: true }))
            return null;
        try
        {
            return DevelopmentCertificate.Ensure(options.Resolve(options.DataDirectory), time);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new SettingException("dataDirectory", "cannot keep the development certificate there: " + e.Message);
        }
    }
}
