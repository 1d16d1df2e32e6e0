using Starling.Broker.Cluster.Remote;
using Starling.Broker.Tenants.Quotas;

namespace Starling.Broker.Wire.Calls;

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
