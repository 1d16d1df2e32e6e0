using Starling.Protocol;

namespace Starling.Broker.Metrics;

/// <summary>What tenants, logins and client ids are counted by.</summary>
/// <param name="metrics">Has the numbers of each tenant.</param>
public sealed class TenantMetrics(BrokerMetrics metrics)
{
    internal void ConnectionsChanged(string tenant, int by) => metrics.For(tenant).LimitedConnections.Add(by);

    internal HeldBytes HeldBy(string tenant) => metrics.For(tenant).Held;

    internal void Refused(string tenant, string limit) => metrics.For(tenant).Refusals(limit).Increment();

    internal void AuthenticationSucceeded(string tenant, string method) => metrics.For(tenant).Authentications("success", method).Increment();

    internal void AuthenticationFailed(string tenant, ReasonCode reason) => metrics.For(tenant).Authentications(reason.ToString(), method: null).Increment();

    internal void CollisionFound(string tenant) => metrics.For(tenant).ClientIdCollisions.Increment();

    internal void TakeoverRefused(string tenant) => metrics.For(tenant).TakeoversRefused.Increment();
}
