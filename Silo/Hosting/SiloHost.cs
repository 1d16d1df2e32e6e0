using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Starling.Broker.Tenants.Files;
using Starling.Grains.Interfaces.Logging;
using Starling.Hosting.Configuration;
using Starling.Hosting.Management;
using Starling.Hosting.Processes;
using Starling.Hosting.Sockets;
using Starling.Hosting.Telemetry;
using Starling.Silo.Configuration;
using Starling.Storage.PostgreSql;
using Starling.Storage.PostgreSql.Hosting;
using Starling.Storage.PostgreSql.Inboxes;
using Starling.Storage.PostgreSql.Tenants;
using Starling.Storage.PostgreSql.Writing;

namespace Starling.Silo.Hosting;

/// <summary>A silo in this process.</summary>
public sealed partial class SiloHost : INode
{
    private readonly IHost _host;
    private readonly SiloOptions _options;
    private readonly Lifecycle _lifecycle;
    private readonly ILogger<SiloHost> _logger;
    private ManagementServer? _management;
    private int _stopped;

    private SiloHost(IHost host, SiloOptions options)
    {
        (_host, _options) = (host, options);
        _lifecycle = host.Services.GetRequiredService<Lifecycle>();
        _logger = host.Services.GetRequiredService<ILogger<SiloHost>>();
    }

    public IServiceProvider Services => _host.Services;

    /// <summary>Never: Orleans ends the process itself when the others have declared it dead.</summary>
    public Task<string> Lost { get; } = new TaskCompletionSource<string>().Task;

    public IPEndPoint? ManagementEndpoint => _management?.EndPoint;

    /// <summary>Returns when the silo is one of the cluster.</summary>
    /// <exception cref="SettingException">A certificate cannot be used.</exception>
    /// <exception cref="DatabaseException">The database cannot be used.</exception>
    /// <exception cref="TenantsFileException">There are mistakes in the tenants.</exception>
    public static async Task<SiloHost> StartAsync(SiloOptions options, CancellationToken cancellation = default)
    {
        var host = new SiloHost(Build(options), options);
        try
        {
            await host.StartAsync(cancellation);
            return host;
        }
        catch
        {
            await host.DisposeAsync();
            throw;
        }
    }

    /// <summary>Hands sessions and shards over, within <see cref="SiloOptions.ShutdownTimeout"/>, and writes what is left to write.</summary>
    public async Task StopAsync()
    {
        if (Interlocked.Exchange(ref _stopped, 1) != 0)
            return;
        _lifecycle.Draining();
        LogStopping();
        try
        {
            await _host.StopAsync();
        }
        catch (OperationCanceledException)
        {
            LogStopTimedOut();
        }

        Services.GetRequiredService<GroupCommit>().GiveUpAfter(_options.ShutdownTimeout / 4);
        LogStopped();
    }

    public void ReloadFiles()
    {
        LogReloading();
        Services.GetService<TenantsFile>()?.ReadAgain();
    }

    public async ValueTask DisposeAsync()
    {
        if (_management is not null)
        {
            await StopAsync();
            await _management.DisposeAsync();
        }

        if (_host is IAsyncDisposable host)
            await host.DisposeAsync();
    }

    private async Task StartAsync(CancellationToken cancellation)
    {
        Services.StartMetrics();
        await Services.OpenPostgreSqlAsync(cancellation);
        Services.GetService<TenantsFile>();
        if (Services.GetService<TenantWatch>() is { } tenants)
            await tenants.StartAsync(cancellation);
        Services.GetRequiredService<DiscardedInboxes>();
        if (_options.Management is not null)
            _management = await ManagementServer.StartAsync(_options.Management.ForServer(), Services, cancellation);

        await _host.StartAsync(cancellation);
        _lifecycle.Started();
        LogStarted(_options.Cluster.AdvertisedAddress ?? _options.Cluster.Address, _options.Cluster.SiloPort, _options.Cluster.GatewayPort);
        if (ManagementEndpoint is { } management)
            LogManagement(management);
    }

    private static IHost Build(SiloOptions options)
    {
        var certificate = options.Cluster.Tls is { } tls ? ClusterCertificate.Load(tls, options.Resolve) : null;
        var builder = Host.CreateEmptyApplicationBuilder(null);
        HostLogging.Configure(builder.Logging, options.Logging);
        OrleansLogging.Configure(builder.Logging, options.Logging.Level);
        var services = builder.Services;
        services.AddSingleton<IHostLifetime, NoLifetime>();
        services.Configure<HostOptions>(host => host.ShutdownTimeout = options.ShutdownTimeout);
        var signals = services.AddTelemetry(options.Telemetry, "starling-silo", OrleansSilo.Name(options));
        services.AddSingleton(options);
        services.AddClock(TimeProvider.System);
        services.AddSingleton<AcceptFailures>();
        services.AddSingleton<Lifecycle>();
        services.AddSingleton<IReadinessCheck>(provider => provider.GetRequiredService<Lifecycle>());
        SiloStorage.Add(options.Storage, services);
        SiloBroker.Add(options, services);
        builder.UseOrleans(silo => OrleansSilo.Configure(silo, options, certificate, signals.IsTracing));
        return builder.Build();
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "The silo serves at {Address}, port {SiloPort} for silos and {GatewayPort} for edges")]
    private partial void LogStarted(string address, int siloPort, int gatewayPort);

    [LoggerMessage(Level = LogLevel.Information, Message = "Listening on {Management} for management")]
    private partial void LogManagement(IPEndPoint management);

    [LoggerMessage(Level = LogLevel.Information, Message = "Stopping; handing over sessions and shards")]
    private partial void LogStopping();

    [LoggerMessage(Level = LogLevel.Warning, Message = "Some sessions and shards were not handed over in time")]
    private partial void LogStopTimedOut();

    [LoggerMessage(Level = LogLevel.Information, Message = "SIGHUP: reading the tenants file again")]
    private partial void LogReloading();

    [LoggerMessage(Level = LogLevel.Information, Message = "Stopped")]
    private partial void LogStopped();
}
