using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Orleans.Configuration;
using Starling.Cluster.Contracts;
using Starling.Cluster.Edges;
using Starling.Edge.Configuration;
using Starling.Edge.Nodes;
using Starling.Grains.Interfaces.Calls;
using Starling.Grains.Interfaces.Logging;
using Starling.Hosting.Configuration;
using Starling.Hosting.Telemetry;
using Starling.Storage.PostgreSql;
using ClusterOptions = Starling.Hosting.Configuration.ClusterOptions;

namespace Starling.Edge.Cluster;

/// <summary>Reaches the silos as a client of Orleans.</summary>
internal static class OrleansClient
{
    /// <exception cref="SettingException">A certificate cannot be used.</exception>
    public static void Add(EdgeOptions options, ClusterOptions cluster, IServiceCollection services)
    {
        var certificate = cluster.Tls is { } tls ? ClusterCertificate.Load(tls, options.Resolve) : null;
        services.AddLogging(logging => OrleansLogging.Configure(logging, options.Logging.Level));
        services.AddSingleton<Refusals>();
        var signals = new OtlpSignals(options.Telemetry, Environment.GetEnvironmentVariable);
        services.AddOrleansClient(client =>
        {
            Configure(client, cluster, certificate);
            if (signals.IsTracing)
                client.AddActivityPropagation();
        });
        services.AddSingleton<IClusterEngine>(provider => new OrleansEngine(provider.GetRequiredService<IGrainFactory>()));
        services.AddSingleton<ObserverRegistry>();
        services.AddSingleton<IEdgePresence>(provider => new EdgePresence(
            provider.GetRequiredService<EdgeNode>(),
            provider.GetRequiredService<EdgeCluster>(),
            provider.GetRequiredService<TimeProvider>(),
            provider.GetRequiredService<ILogger<EdgePresence>>(),
            provider.GetRequiredService<ObserverRegistry>().PublishAsync));
    }

    private static void Configure(IClientBuilder client, ClusterOptions cluster, ClusterCertificate? certificate)
    {
        client.Services.Configure<Orleans.Configuration.ClusterOptions>(ids => (ids.ClusterId, ids.ServiceId) = (cluster.ClusterId, cluster.ServiceId));
        client.Services.AddOptions<AdoNetClusteringClientOptions>().Configure<Database>((table, database) =>
            (table.Invariant, table.DataSource) = ("Npgsql", database.Source));
        client.UseAdoNetClustering((AdoNetClusteringClientOptions _) => { });
        client.Services.Configure<ClientMessagingOptions>(messaging => messaging.ResponseTimeout = CallTimes.Answer);
        client.Services.Configure<ConnectionOptions>(connections => connections.OpenConnectionTimeout = CallTimes.Connecting);
        client.Services.Configure<GatewayOptions>(gateways => gateways.GatewayListRefreshPeriod = TimeSpan.FromSeconds(2));
        client.UseConnectionRetryFilter<SiloConnections>();
        client.Services.AddSingleton<IClusterConnectionStatusObserver, SiloConnections>();
        client.AddIncomingGrainCallFilter<GrainCallFailures>();
        client.AddOutgoingGrainCallFilter<LostCalls>();
        if (certificate is not null)
            client.Services.Configure<ClientConnectionOptions>(new ClusterTls(certificate.Certificate, certificate.Authorities).Configure);
    }
}
