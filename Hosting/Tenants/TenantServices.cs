using System.Diagnostics.Metrics;
using Microsoft.Extensions.DependencyInjection;
using Starling.Broker.Metrics;
using Starling.Broker.Tenants;
using Starling.Broker.Tenants.Files;
using Starling.Hosting.Configuration;
using Starling.Hosting.Management;
using Starling.Storage.PostgreSql.Tenants;

namespace Starling.Hosting.Tenants;

/// <summary>The tenants of a node, and what is counted of them.</summary>
internal static class TenantServices
{
    /// <param name="services">Need metrics and a clock; a database, too, where tenants are there.</param>
    /// <param name="telemetry">How many of them have series of their own.</param>
    /// <param name="file">Where they are; null when they are not in a file.</param>
    /// <param name="inDatabase">Whether they are in the database.</param>
    public static IServiceCollection AddTenants(this IServiceCollection services, TelemetryOptions telemetry, string? file, bool inDatabase)
    {
        services.AddSingleton(provider => new BrokerMetrics(
            provider.GetRequiredService<IMeterFactory>(), telemetry.MaximumTenants, provider.GetRequiredService<TimeProvider>()));
        services.AddSingleton<TenantMetrics>();
        services.AddSingleton(provider =>
        {
            var directory = ActivatorUtilities.CreateInstance<TenantDirectory>(provider);
            var metrics = provider.GetRequiredService<BrokerMetrics>();
            metrics.ObserveMistakes(() => directory.Mistakes);
            metrics.Follow(tenant => directory.TryGet(tenant, out _));
            directory.Changed += change =>
            {
                if (change.IsRemoved)
                    metrics.Remove(change.Tenant.Name);
            };
            return directory;
        });
        services.AddSingleton<ITenantDirectory>(provider => provider.GetRequiredService<TenantDirectory>());
        services.AddSingleton<IReadinessCheck, TenantsReadiness>();
        services.AddSingleton<ClientIdCollisions>();
        if (file is not null)
            services.AddSingleton(provider => ActivatorUtilities.CreateInstance<TenantsFile>(provider, file));
        if (inDatabase)
            services.AddSingleton(provider => ActivatorUtilities.CreateInstance<TenantWatch>(provider, new TenantWatchOptions()));
        return services;
    }
}
