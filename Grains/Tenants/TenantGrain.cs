using Orleans.Concurrency;
using Starling.Broker.Tenants;
using Starling.Cluster.Serialization.Calls;
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
        () => tenants.TryGet(this.GetPrimaryKeyString(), out var tenant) ? tenant.Options.Limits : throw new InvalidOperationException("There is no such tenant."),
        time);

    public async ValueTask<WireFrame> CallSharesAsync(WireFrame call) => new(await CallReceiver.HandleAsync(_shares, call.Bytes));
}
