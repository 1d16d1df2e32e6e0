using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Starling.Broker.Contracts;
using Starling.Broker.Tenants;
using Starling.Cluster.Contracts;
using Starling.Cluster.Edges;
using Starling.Cluster.Links;
using Starling.Cluster.Quotas;
using Starling.Edge.Configuration;
using Starling.Edge.Nodes;
using Starling.Hosting.Configuration;
using Starling.Hosting.Management;

namespace Starling.Edge.Cluster;

/// <summary>Makes this process an edge of a cluster, whose sessions and shards are in silos.</summary>
internal static class ClusterMode
{
    /// <exception cref="SettingException">A certificate cannot be used.</exception>
    public static void Add(EdgeOptions options, ClusterOptions cluster, IServiceCollection services)
    {
        OrleansClient.Add(options, cluster, services);
        services.AddSingleton<LinkFailures>();
        services.AddSingleton(provider => new LinkOptions { Failures = provider.GetRequiredService<LinkFailures>() });
        services.AddSingleton(provider => new EdgeCluster(
            provider.GetRequiredService<IClusterEngine>(),
            provider.GetRequiredService<ITenantDirectory>(),
            provider.GetRequiredService<LinkOptions>(),
            Guid.NewGuid,
            provider.GetRequiredService<TimeProvider>(),
            provider.GetRequiredService<ILogger<EdgeCluster>>()));
        services.AddSingleton<ICluster>(provider => provider.GetRequiredService<EdgeCluster>());
        services.AddSingleton<IQuotaLeases>(provider => new QuotaLeases(
            provider.GetRequiredService<IClusterEngine>(),
            () => provider.GetRequiredService<EdgeNode>().Id,
            provider.GetRequiredService<TimeProvider>(),
            provider.GetRequiredService<ILogger<QuotaLeases>>()));
        services.AddSingleton(provider => new EdgeMembership(
            provider.GetRequiredService<IClusterEngine>().Directory,
            provider.GetRequiredService<IEdgePresence>(),
            static () => Guid.NewGuid().ToString("N"),
            provider.GetRequiredService<TimeProvider>(),
            provider.GetRequiredService<ILogger<EdgeMembership>>()));
        services.AddSingleton<IReadinessCheck, MembershipReadiness>();
        services.AddHostedService<ClusterMembership>();
    }
}

/// <summary>Not ready while the process is no edge of the cluster.</summary>
internal sealed class MembershipReadiness(EdgeMembership membership) : IReadinessCheck
{
    public string Name => "cluster";

    public string? NotReadyReason => membership.NotReadyReason;
}
