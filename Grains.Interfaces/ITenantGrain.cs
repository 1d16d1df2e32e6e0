using Starling.Cluster.Contracts;

namespace Starling.Grains.Interfaces;

/// <summary>What there is once per tenant; the key is the tenant's name.</summary>
[Alias("starling.tenant")]
public interface ITenantGrain : IGrainWithStringKey, ITenantShares;
