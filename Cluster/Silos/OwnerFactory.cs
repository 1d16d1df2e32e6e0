using Microsoft.Extensions.Logging;
using Starling.Broker.Contracts;
using Starling.Broker.Sessions;
using Starling.Broker.Tenants;

namespace Starling.Cluster.Silos;

/// <summary>Makes the sessions and shards that a silo is asked to host.</summary>
public sealed partial class OwnerFactory(SiloServices services) : IDisposable
{
    /// <summary>How long after an edge a silo may hear of a new tenant; less than callers wait for an answer.</summary>
    private static readonly TimeSpan NewsTakes = TimeSpan.FromSeconds(1.5);

    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(50);

    private readonly ILogger<OwnerFactory> _logger = services.Loggers.CreateLogger<OwnerFactory>();

    public SiloCluster Cluster { get; } = new(services);

    /// <summary>Whether there is such a tenant here. One that an edge knows already is waited for.</summary>
    public async ValueTask<bool> KnowsAsync(string tenant)
    {
        var since = services.Time.GetTimestamp();
        while (!services.Tenants.TryGet(tenant, out _))
        {
            if (services.Time.GetElapsedTime(since) >= NewsTakes)
            {
                LogUnknown(tenant);
                return false;
            }

            await Task.Delay(Pause, services.Time).ConfigureAwait(false);
        }

        return true;
    }

    /// <param name="outOfDate">Called once when another process has the shard: this one is to be disposed.</param>
    /// <returns>To be started.</returns>
    /// <exception cref="InvalidOperationException">There is no such tenant.</exception>
    public ShardHost Shard(string tenant, int shard, Action outOfDate) => new(Find(tenant), shard, services, Cluster, outOfDate);

    /// <param name="idle">Called when it may have nothing left to remember (<see cref="Session.TryRelease"/>).</param>
    /// <exception cref="InvalidOperationException">There is no such tenant.</exception>
    public Session Session(SessionKey key, Action<Session, SessionKey> idle) => new(
        key,
        new SessionContext(
            Find(key.Tenant),
            Cluster,
            services.Sessions,
            services.Inboxes,
            services.Collisions,
            services.Due,
            services.Time,
            services.Metrics.For(key.Tenant),
            services.Loggers.CreateLogger<Session>(),
            idle,
            IsShared: true));

    public void Dispose() => Cluster.Dispose();

    private Tenant Find(string name) =>
        services.Tenants.TryGet(name, out var tenant) ? tenant : throw new InvalidOperationException($"Tenant '{name}' does not exist.");

    [LoggerMessage(Level = LogLevel.Warning, Message = "Call for tenant {Tenant} refused: tenant unknown on this node. Check that all nodes have the same tenants.")]
    private partial void LogUnknown(string tenant);
}
