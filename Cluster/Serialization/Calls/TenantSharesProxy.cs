using Starling.Broker.Tenants.Quotas;
using Starling.Cluster.Contracts;

namespace Starling.Cluster.Serialization.Calls;

/// <summary>What divides a tenant's limits, in another process.</summary>
public sealed class TenantSharesProxy(IWireChannel channel) : ITenantShares
{
    internal enum Method : byte
    {
        Renew = 1,
    }

    public ValueTask<TenantShare> RenewAsync(string edgeId, TenantDemand demand) =>
        WireCall.InvokeAsync<RenewShareCall, TenantShare>(channel, (byte)Method.Renew, new RenewShareCall(edgeId, demand));
}
