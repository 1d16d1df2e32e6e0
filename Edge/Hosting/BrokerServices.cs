using Microsoft.AspNetCore.Identity;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Starling.Broker.Contracts;
using Starling.Broker.Sessions;
using Starling.Broker.Standalone;
using Starling.Broker.Tenants;
using Starling.Broker.Tenants.Access;
using Starling.Broker.Tenants.Authentication;
using Starling.Broker.Tenants.Credentials;
using Starling.Broker.Tenants.Files;
using Starling.Broker.Threading;
using Starling.Broker.Time;
using Starling.Edge.Cluster;
using Starling.Edge.Configuration;
using Starling.Edge.Connections;
using Starling.Edge.Listeners;
using Starling.Edge.Nodes;
using Starling.Edge.SysTopics;
using Starling.Hosting.Tenants;
using Starling.Storage.Memory;

namespace Starling.Edge.Hosting;

/// <summary>Puts a broker together: tenants, this process's edge, and sessions and shards, in this process or in silos.</summary>
public static class BrokerServices
{
    public static void Add(EdgeOptions options, IServiceCollection services)
    {
        services.AddTenants(options.Telemetry, options.TenantsFile is { } file ? options.Resolve(file) : null, inDatabase: options.Storage is { Tenants: true });
        if (options.Storage is { } storage)
            StorageServices.Add(storage, isStandalone: options.Cluster is null, services);
        services.AddSingleton<TenantResolver>();
        services.AddSingleton(new AuthenticatorOptions());
        services.AddSingleton<Authenticator>();
        services.AddSingleton<DelayQueue>();
        services.AddSingleton<EdgeNode>();
        if (options.Cluster is null)
            AddStandalone(options, services);
        else
            ClusterMode.Add(options, options.Cluster, services);
        services.AddSingleton<LoginSweep>();
        services.AddSingleton<KeepAliveWheel>();
        services.AddSingleton<ReadProcessMemory>(ProcessMemory.Read);
        services.AddSingleton<MemoryWatch>();
        services.AddSingleton<RefusalLines>();
        services.AddSingleton<IThreadPool, SystemThreadPool>();
        services.AddSingleton<ReadTurns>();
        services.AddSingleton<SysTopicSource>();
        services.AddSingleton<SysTopicPublisher>();
        services.AddSingleton<EdgeServices>();
        services.AddSingleton<ListenerTenants>();
        services.AddSingleton<IClientHandler>(provider => Open(options, provider));
    }

    private static void AddStandalone(EdgeOptions options, IServiceCollection services)
    {
        if (options.Storage is null)
            services.AddSingleton(_ => InMemory());
        services.AddSingleton<StandaloneCluster>();
        services.AddSingleton<IQuotaLeases, UndividedQuotas>();
        services.AddSingleton<ICluster>(provider => provider.GetRequiredService<StandaloneCluster>());
        services.AddSingleton(provider =>
        {
            string[] edge = [provider.GetRequiredService<EdgeNode>().Id];
            return new SessionSweep(
                provider.GetRequiredService<StandaloneStores>().Sessions,
                provider.GetRequiredService<ITenantDirectory>(),
                provider.GetRequiredService<StandaloneCluster>().Session,
                () => edge,
                provider.GetRequiredService<TimeProvider>(),
                provider.GetRequiredService<ILogger<SessionSweep>>());
        });
        services.AddHostedService(provider =>
        {
            // Brings the tenants and the edge with it.
            provider.GetRequiredService<IClientHandler>();
            return ActivatorUtilities.CreateInstance<StoredState>(provider);
        });
    }

    private static ClientHandler Open(EdgeOptions options, IServiceProvider provider)
    {
        var directory = provider.GetRequiredService<TenantDirectory>();
        directory.Changed += provider.GetRequiredService<Authenticator>().Forget;
        if (options.TenantsFile is not null)
            provider.GetRequiredService<TenantsFile>();
        else if (options.Storage is not { Tenants: true })
            directory.Apply([Demo.Value]);
        var edge = provider.GetRequiredService<EdgeNode>();
        provider.GetService<StandaloneCluster>()?.Join(edge);
        var drain = new ConnectionDrain(edge, options.Drain, provider.GetRequiredService<TimeProvider>());
        var logger = provider.GetRequiredService<ILogger<ConnectionDrain>>();
        provider.GetRequiredService<Drain>().Token.UnsafeRegister(_ => Background.Run(drain.RunAsync(), logger, "Closing of all connections"), null);
        provider.GetRequiredService<SysTopicPublisher>();
        provider.GetRequiredService<MemoryWatch>();
        provider.GetRequiredService<LoginSweep>();
        provider.GetRequiredService<ListenerTenants>().Check();
        return ActivatorUtilities.CreateInstance<ClientHandler>(provider);
    }

    private static StandaloneStores InMemory()
    {
        var inboxes = new MemoryInboxStore();
        return new StandaloneStores(new MemoryRetainedStore(), new MemorySessionStore(inboxes), inboxes);
    }

    /// <summary>
    /// The tenant of the development defaults: user and password <c>demo</c>, allowed everything. Made once for a process, since its
    /// password's hash takes a tenth of a second.
    /// </summary>
    private static readonly Lazy<TenantOptions> Demo = new(static () => new()
    {
        Name = "demo",
        Users =
        [
            new Broker.Tenants.UserOptions
            {
                Name = "demo",
                PasswordHash = new PasswordHasher<User>().HashPassword(new User("demo"), "demo"),
                Scram = ScramCredential.Create("demo"),
            },
        ],
        // "#" does not reach the topics that begin with "$".
        Acl =
        [
            new AclRule(Allow: true, AclActions.All, AclPattern.Parse("#")),
            new AclRule(Allow: true, AclActions.Subscribe, AclPattern.Parse("$SYS/#")),
        ],
    });
}
