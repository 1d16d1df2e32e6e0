using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Starling.Broker.Contracts;
using Starling.Broker.Metrics;
using Starling.Broker.Tenants;
using Starling.Broker.Time;
using Starling.Cluster.Contracts;
using Starling.Cluster.Links;
using Starling.Cluster.Silos;
using Starling.Hosting.Tenants;
using Starling.Silo.Configuration;

namespace Starling.Silo.Hosting;

/// <summary>What the sessions and shards of a silo need.</summary>
internal static class SiloBroker
{
    public static void Add(SiloOptions options, IServiceCollection services)
    {
        services.AddTenants(options.Telemetry, options.TenantsFile is { } file ? options.Resolve(file) : null, inDatabase: options.TenantsFile is null);
        services.AddSingleton<DelayQueue>();
        services.AddSingleton<LinkFailures>();
        services.AddSingleton(provider => new LinkOptions { Failures = provider.GetRequiredService<LinkFailures>() });
        // Another name each time that it starts: shards count its transfers by it, and it is missed by it.
        var name = $"silo-{Guid.NewGuid():N}";
        services.AddSingleton(provider => new LiveEdges(
            name,
            provider.GetRequiredService<IClusterEngine>().Directory,
            provider.GetRequiredService<LinkOptions>(),
            provider.GetRequiredService<TimeProvider>(),
            provider.GetRequiredService<ILogger<LiveEdges>>()));
        services.AddSingleton(provider => new SiloServices(
            name,
            provider.GetRequiredService<IClusterEngine>(),
            provider.GetRequiredService<LiveEdges>(),
            provider.GetRequiredService<ITenantDirectory>(),
            provider.GetRequiredService<IShardStore>(),
            provider.GetRequiredService<IRetainedStore>(),
            provider.GetRequiredService<ISessionStore>(),
            provider.GetRequiredService<IInboxStore>(),
            provider.GetRequiredService<ClientIdCollisions>(),
            provider.GetRequiredService<DelayQueue>(),
            provider.GetRequiredService<BrokerMetrics>(),
            provider.GetRequiredService<LinkOptions>(),
            Guid.NewGuid,
            provider.GetRequiredService<TimeProvider>(),
            provider.GetRequiredService<ILoggerFactory>()));
    }
}
