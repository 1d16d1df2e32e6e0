using Orleans.Concurrency;
using Starling.Broker.Contracts;
using Starling.Broker.Tenants;
using Starling.Broker.Tenants.Quotas;
using Starling.Cluster.Quotas;
using Starling.Grains.Interfaces;
using Starling.Grains.Placement;

namespace Starling.Grains.Tenants;

/// <summary>Divides a tenant's limits among the edges; what it knows, they tell it again within a second.</summary>
[Reentrant, RendezvousPlacement, GrainType(GrainTypes.Tenant)]
internal sealed class TenantGrain : Grain, ITenantGrain
{
    private readonly TenantShares _shares;

    public TenantGrain(ITenantDirectory tenants, TimeProvider time) => _shares = new TenantShares(
        () => tenants.TryGet(this.GetPrimaryKeyString(), out var tenant) ? tenant.Options.Limits : throw new StoreUnavailableException("There is no such tenant."),
        time);

    public ValueTask<TenantShare> RenewAsync(string edgeId, TenantDemand demand) => _shares.RenewAsync(edgeId, demand);
}
