using System.Diagnostics.Metrics;
using Microsoft.Extensions.DependencyInjection;
using Starling.Broker.Metrics;
using Starling.Broker.Tenants;
using Starling.Broker.Tenants.Files;
using Starling.Storage.PostgreSql.Tenants;

namespace Starling.Hosting.Tenants;

/// <summary>The tenants of a node, and what is counted of them.</summary>
internal static class TenantServices
{
    /// <param name="services">Need metrics and a clock; a database, too, where tenants are there.</param>
    /// <param name="file">Where they are; null when they are not in a file.</param>
    /// <param name="inDatabase">Whether they are in the database.</param>
    public static IServiceCollection AddTenants(this IServiceCollection services, string? file, bool inDatabase)
    {
        services.AddSingleton(provider => new TenantMetrics(provider.GetRequiredService<IMeterFactory>().Create("Starling.Tenants")));
        services.AddSingleton<BrokerMetrics>();
        services.AddSingleton<TenantDirectory>();
        services.AddSingleton<ITenantDirectory>(provider => provider.GetRequiredService<TenantDirectory>());
        services.AddSingleton<ClientIdCollisions>();
        if (file is not null)
            services.AddSingleton(provider => ActivatorUtilities.CreateInstance<TenantsFile>(provider, file));
        if (inDatabase)
            services.AddSingleton(provider => ActivatorUtilities.CreateInstance<TenantWatch>(provider, new TenantWatchOptions()));
        return services;
    }
}
