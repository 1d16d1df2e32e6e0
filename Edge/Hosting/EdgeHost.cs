using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Starling.Broker.Tenants.Files;
using Starling.Edge.Configuration;
using Starling.Edge.Connections;
using Starling.Edge.Listeners;
using Starling.Edge.Listeners.Admissions;
using Starling.Edge.Listeners.WebSockets;
using Starling.Edge.Transports;
using Starling.Hosting.Configuration;
using Starling.Hosting.Management;
using Starling.Hosting.Processes;
using Starling.Hosting.Sockets;
using Starling.Hosting.Telemetry;

namespace Starling.Edge.Hosting;

/// <summary>A broker of its own, or an edge of a cluster, in this process: listeners, management, and whatever services the caller adds.</summary>
public sealed partial class EdgeHost : INode
{
    private readonly WebApplication _app;
    private readonly Lifecycle _lifecycle;
    private readonly TimeSpan _shutdownTimeout;
    private readonly TimeSpan _delay;
    private readonly ILogger<EdgeHost> _logger;
    private ManagementServer? _management;
    private int _stopped;

    private EdgeHost(WebApplication app, EdgeOptions options)
    {
        _shutdownTimeout = options.ShutdownTimeout;
        _delay = options.Drain.Delay;
        _app = app;
        _lifecycle = app.Services.GetRequiredService<Lifecycle>();
        _logger = app.Services.GetRequiredService<ILogger<EdgeHost>>();
    }

    /// <summary>Where each listener is bound, by name.</summary>
    public IReadOnlyDictionary<string, IPEndPoint> Endpoints =>
        new Dictionary<string, IPEndPoint>(_app.Services.GetRequiredService<ListenerSet>().Endpoints);

    public IPEndPoint? ManagementEndpoint => _management?.EndPoint;

    public IServiceProvider Services => _app.Services;

    public Task<string> Lost { get; private set; } = new TaskCompletionSource<string>().Task;

    /// <summary>Returns when every listener is open.</summary>
    /// <param name="options">Valid, as <see cref="ConfigurationLoader"/> makes them.</param>
    /// <param name="configure">Adds the <see cref="IClientHandler"/>, hosted services, <see cref="IReadinessCheck"/>s.</param>
    /// <exception cref="SettingException">A certificate cannot be used.</exception>
    /// <exception cref="Storage.PostgreSql.DatabaseException">The database cannot be used.</exception>
    /// <exception cref="ListenException">An address cannot be listened on.</exception>
    public static async Task<EdgeHost> StartAsync(
        EdgeOptions options, Action<IServiceCollection> configure, TimeProvider? time = null, CancellationToken cancellation = default)
    {
        var host = new EdgeHost(Build(options, configure, time ?? TimeProvider.System), options);
        try
        {
            await host.StartAsync(options, cancellation);
            return host;
        }
        catch
        {
            await host._app.DisposeAsync();
            if (host._management is not null)
                await host._management.DisposeAsync();
            throw;
        }
    }

    /// <summary>
    /// Is not ready any more, takes no new clients after <see cref="DrainOptions.Delay"/>, closes every connection and waits for
    /// <see cref="EdgeOptions.ShutdownTimeout"/> at most; what is left is aborted.
    /// Management answers until <see cref="DisposeAsync"/>.
    /// </summary>
    public async Task StopAsync()
    {
        if (Interlocked.Exchange(ref _stopped, 1) != 0)
            return;
        _lifecycle.Draining();
        await Task.Delay(_delay, Services.GetRequiredService<TimeProvider>());
        var admission = Services.GetRequiredService<Admission>();
        LogStopping(admission.Connections);
        admission.Drain();
        StorageServices.Draining(Services, _shutdownTimeout);
        // Listeners close at the same time, so that no connection comes between.
        var draining = Services.GetRequiredService<Drain>().BeginAsync();
        try
        {
            await _app.StopAsync();
        }
        catch (OperationCanceledException)
        {
            LogStopTimedOut();
        }
        await draining;
        LogStopped();
    }

    public void ReloadFiles()
    {
        LogReloading();
        Services.GetService<TenantsFile>()?.ReadAgain();
        Services.GetRequiredService<ListenerSet>().CheckCertificates();
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        if (_management is not null)
            await _management.DisposeAsync();
        await _app.DisposeAsync();
    }

    private async Task StartAsync(EdgeOptions options, CancellationToken cancellation)
    {
        Services.StartMetrics();
        // Certificates are loaded before anything listens.
        Services.GetRequiredService<ListenerSet>();
        await StorageServices.OpenAsync(Services, cancellation);
        if (options.Management is not null)
            _management = await ManagementServer.StartAsync(options.Management, Services, cancellation);
        await _app.StartAsync(cancellation);
        foreach (var (name, endPoint) in Endpoints)
            LogListening(name, endPoint);
        if (ManagementEndpoint is { } management)
            LogListening("management", management);
        var limits = Services.GetRequiredService<ConnectionLimits>();
        if (limits.IsShort(options.Limits))
            LogFewerConnections(limits.Problem!);
        else if (limits.Problem is { } problem)
            LogConnections(problem);
        _lifecycle.Started();
        Lost = StorageServices.LostAsync(Services);
    }

    private static WebApplication Build(EdgeOptions options, Action<IServiceCollection> configure, TimeProvider time)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        HostLogging.Configure(builder.Logging, options.Logging);
        var services = builder.Services;
        services.AddSingleton<IHostLifetime, NoLifetime>();
        services.Configure<HostOptions>(host => host.ShutdownTimeout = options.ShutdownTimeout);
        services.AddTelemetry(options.Telemetry, "starling-edge", $"{Environment.MachineName}-{Environment.ProcessId}");
        services.AddSingleton(options);
        services.AddClock(time);
        services.AddSingleton<Lifecycle>();
        services.AddSingleton<IReadinessCheck>(provider => provider.GetRequiredService<Lifecycle>());
        services.AddSingleton(ConnectionLimits.Of(options.Limits, OpenFiles.RaiseLimit(), OpenFiles.Count()));
        services.AddSingleton<AcceptFailures>();
        services.AddSingleton<IReadinessCheck, ConnectionReadiness>();
        services.AddSingleton<Drain>();
        services.AddSingleton<ListenerMetrics>();
        services.AddSingleton<RefusalLog>();
        services.AddSingleton<Admission>();
        services.AddSingleton<ClientService>();
        services.AddSingleton<ListenerSet>();
        services.AddSingleton<WebSocketEndpoint>();
        services.AddOptions<KestrelServerOptions>().Configure<ListenerSet>((kestrel, listeners) => listeners.ConfigureKestrel(kestrel));
        services.AddOptions<SocketTransportOptions>().Configure<ListenerSet>((sockets, listeners) => listeners.ConfigureSockets(sockets));
        configure(services);
        builder.WebHost.UseSockets();
        services.AddSingleton<IConnectionListenerFactory, SocketAcceptors>();
        services.AddSingleton<IMemoryPoolFactory<byte>, SocketBlocks.Factory>();
        services.AddSingleton<IServer, EdgeServer>();
        var app = builder.Build();
        app.UseWebSockets(new Microsoft.AspNetCore.Builder.WebSocketOptions { KeepAliveInterval = TimeSpan.Zero });
        app.Run(app.Services.GetRequiredService<WebSocketEndpoint>().HandleAsync);
        return app;
    }
}
