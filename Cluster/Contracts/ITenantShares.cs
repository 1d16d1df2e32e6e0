using Starling.Broker.Tenants.Quotas;

namespace Starling.Cluster.Contracts;

/// <summary>Divides a tenant's limits among the edges that have connections of it, so that they hold for all of them together.</summary>
[Alias("starling.tenant-shares-calls")]
public interface ITenantShares
{
    /// <summary>Tells what an edge needs, and what it may use until it asks again. Asking again is safe.</summary>
    [Alias("renew")]
    ValueTask<TenantShare> RenewAsync(string edgeId, TenantDemand demand);
}
