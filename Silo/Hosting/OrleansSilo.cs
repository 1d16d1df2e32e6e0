using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Orleans.Configuration;
using Starling.Grains.Hosting;
using Starling.Grains.Interfaces.Calls;
using Starling.Grains.Interfaces.Logging;
using Starling.Grains.Placement;
using Starling.Hosting.Configuration;
using Starling.Storage.PostgreSql;
using ClusterOptions = Orleans.Configuration.ClusterOptions;
using SiloOptions = Starling.Silo.Configuration.SiloOptions;

namespace Starling.Silo.Hosting;

/// <summary>Orleans as a silo runs it.</summary>
internal static class OrleansSilo
{
    private const string Invariant = "Npgsql";

    /// <summary>What the silo is called in logs and in the table of members.</summary>
    public static string Name(SiloOptions options) => options.Name ?? $"{Environment.MachineName}-{options.Cluster.SiloPort}";

    /// <param name="silo">Of Orleans.</param>
    /// <param name="options">The settings.</param>
    /// <param name="certificate">Null without TLS.</param>
    /// <param name="isTracing">Whether calls carry traces along. It costs a little for each of them.</param>
    public static void Configure(ISiloBuilder silo, SiloOptions options, ClusterCertificate? certificate, bool isTracing)
    {
        var cluster = options.Cluster;
        silo.Services.Configure<ClusterOptions>(ids => (ids.ClusterId, ids.ServiceId) = (cluster.ClusterId, cluster.ServiceId));
        silo.Services.Configure<Orleans.Configuration.SiloOptions>(silo => silo.SiloName = Name(options));
        silo.Services.Configure<EndpointOptions>(endpoint =>
        {
            var address = IPAddress.Parse(cluster.Address);
            endpoint.AdvertisedIPAddress = IPAddress.Parse(cluster.AdvertisedAddress ?? cluster.Address);
            (endpoint.SiloPort, endpoint.GatewayPort) = (cluster.SiloPort, cluster.GatewayPort);
            endpoint.SiloListeningEndpoint = new IPEndPoint(address, cluster.SiloPort);
            endpoint.GatewayListeningEndpoint = new IPEndPoint(address, cluster.GatewayPort);
        });
        silo.Services.AddOptions<AdoNetClusteringSiloOptions>().Configure<Database>((table, database) =>
            (table.Invariant, table.DataSource) = (Invariant, database.Source));
        silo.UseAdoNetClustering((AdoNetClusteringSiloOptions _) => { });
        silo.AddAdoNetGrainStorageAsDefault(storage => storage.Configure<Database>((table, database) =>
            (table.Invariant, table.DataSource, table.GrainStorageSerializer) = (Invariant, database.Source, new GrainStateJson())));
        ConfigureTimes(silo, options);
        if (isTracing)
            silo.AddActivityPropagation();
        if (certificate is not null)
            silo.Services.Configure<SiloConnectionOptions>(new ClusterTls(certificate.Certificate, certificate.Authorities).Configure);
        silo.Services.AddSingleton<Refusals>();
        silo.Services.AddSingleton<IFatalErrorHandler, FatalErrors>();
        GrainServices.Add(silo, new RebalancePace(options.MovesPerSecond));
    }

    private static void ConfigureTimes(ISiloBuilder silo, SiloOptions options)
    {
        silo.Services.Configure<SiloMessagingOptions>(messaging =>
        {
            messaging.ResponseTimeout = CallTimes.Answer;
            messaging.SystemResponseTimeout = 2 * CallTimes.Answer;
        });
        silo.Services.Configure<ConnectionOptions>(connections => connections.OpenConnectionTimeout = CallTimes.Connecting);
        silo.Services.Configure<ClusterMembershipOptions>(membership =>
        {
            membership.ProbeTimeout = CallTimes.Probe;
            membership.NumMissedProbesLimit = CallTimes.MissedProbes;
            membership.TableRefreshTimeout = TimeSpan.FromSeconds(5);
            membership.IAmAliveTablePublishTimeout = TimeSpan.FromSeconds(10);
            membership.DefunctSiloExpiration = TimeSpan.FromDays(1);
            // A silo that starts may find others in the table that have died and that nobody is left to declare dead.
            membership.MaxJoinAttemptTime = TimeSpan.FromMinutes(1);
        });
        silo.Services.Configure<GrainCollectionOptions>(collection => collection.DeactivationTimeout = options.ShutdownTimeout);
    }
}
