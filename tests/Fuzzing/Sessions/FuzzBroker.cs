using System.Collections.Concurrent;
using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Starling.Broker.Tenants;
using Starling.Broker.Tenants.Access;
using Starling.Broker.Tenants.Quotas;
using Starling.Edge.Configuration;
using Starling.Edge.Hosting;
using Starling.Hosting.Configuration;

namespace Starling.Fuzzing.Sessions;

/// <summary>A whole broker in this process whose log is read.</summary>
public sealed class FuzzBroker : IAsyncDisposable, ILoggerProvider, ILogger
{
    private readonly ConcurrentQueue<string> _problems = [];
    private readonly string _dataDirectory = Directory.CreateTempSubdirectory("starling-fuzz-").FullName;
    private EdgeHost? _host;

    private FuzzBroker() => TaskScheduler.UnobservedTaskException += Unobserved;

    public IPEndPoint EndPoint => _host!.Endpoints["tcp"];

    /// <summary>Errors in the log and exceptions that nobody caught.</summary>
    public IReadOnlyCollection<string> Problems => _problems;

    public static async Task<FuzzBroker> StartAsync(CancellationToken cancellation = default)
    {
        var broker = new FuzzBroker();
        var options = new EdgeOptions
        {
            Listeners = [new ListenerOptions { Name = "tcp", Type = ListenerType.Tcp, Port = 0, Tenant = "demo" }],
            Management = null,
            DataDirectory = broker._dataDirectory,
            Limits = new LimitOptions { HalfOpenPerAddress = 1_000 },
            Logging = new LoggingOptions { Level = LogLevel.Error },
        };
        broker._host = await EdgeHost.StartAsync(options, services =>
        {
            BrokerServices.Add(options, services);
            services.AddSingleton<ILoggerProvider>(broker);
        }, cancellation: cancellation);
        broker._host.Services.GetRequiredService<TenantDirectory>().Apply([new TenantOptions
        {
            Name = "demo",
            Anonymous = new AnonymousAccess([]),
            Acl = [new AclRule(Allow: true, AclActions.All, AclPattern.Parse("#"))],
            Limits = new TenantLimits { SessionExpirySeconds = 3 },
        }]);
        return broker;
    }

    /// <summary>Objects alive now, in bytes; finalizers have run, so that exceptions which nobody caught are among the problems.</summary>
    public static long LiveBytes()
    {
        GC.Collect();
        GC.WaitForPendingFinalizers();
        return GC.GetTotalMemory(forceFullCollection: true);
    }

    public async ValueTask DisposeAsync()
    {
        await _host!.DisposeAsync();
        TaskScheduler.UnobservedTaskException -= Unobserved;
        Directory.Delete(_dataDirectory, recursive: true);
    }

    ILogger ILoggerProvider.CreateLogger(string categoryName) => this;

    void IDisposable.Dispose()
    {
    }

    IDisposable? ILogger.BeginScope<TState>(TState state) => null;

    bool ILogger.IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Error;

    void ILogger.Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        if (logLevel >= LogLevel.Error)
            _problems.Enqueue($"{formatter(state, exception)} {exception}");
    }

    private void Unobserved(object? sender, UnobservedTaskExceptionEventArgs args) => _problems.Enqueue($"nobody saw {args.Exception}");
}
