using Microsoft.Extensions.Logging;
using Starling.Broker.Sessions;
using Starling.Broker.Tenants;

namespace Starling.Broker.Cluster.Silos;

/// <summary>Makes the sessions and shards that a silo is asked to host.</summary>
public sealed class Silo(SiloServices services) : IDisposable
{
    public SiloCluster Cluster { get; } = new(services);

    /// <param name="tenant">Whose.</param>
    /// <param name="shard">Its number.</param>
    /// <param name="outOfDate">Called once when another process has the shard: this one is to be disposed.</param>
    /// <returns>To be started.</returns>
    /// <exception cref="InvalidOperationException">There is no such tenant.</exception>
    public ShardHost Shard(string tenant, int shard, Action outOfDate) => new(Find(tenant), shard, services, Cluster, outOfDate);

    /// <param name="key">Whose.</param>
    /// <param name="idle">Called when it may have nothing left to remember (<see cref="Sessions.Session.TryRetire"/>).</param>
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
        services.Tenants.TryGet(name, out var tenant) ? tenant : throw new InvalidOperationException($"There is no tenant '{name}'.");
}
