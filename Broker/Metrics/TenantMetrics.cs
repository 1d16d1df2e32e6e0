using System.Diagnostics.Metrics;
using Starling.Protocol;

namespace Starling.Broker.Metrics;

/// <summary>What tenants are refused and who logs in, as instruments, each with the tag <c>tenant</c>.</summary>
public sealed class TenantMetrics
{
    private readonly UpDownCounter<long> _connections;
    private readonly Counter<long> _refusals;
    private readonly Counter<long> _authentications;
    private readonly Counter<long> _collisions;
    private readonly Counter<long> _refusedTakeovers;

    /// <param name="meter">The process's meter; the owner disposes it.</param>
    public TenantMetrics(Meter meter)
    {
        _connections = meter.CreateUpDownCounter<long>("starling.tenant.connections", "{connection}", "Connections that count against the tenant's limit.");
        _refusals = meter.CreateCounter<long>("starling.tenant.refusals", "{refusal}", "Times that a tenant's limit refused or held back something.");
        _authentications = meter.CreateCounter<long>("starling.authentications", "{authentication}", "Logins by result and method.");
        _collisions = meter.CreateCounter<long>("starling.client_id.collisions", "{collision}", "Client ids over which devices were found fighting.");
        _refusedTakeovers = meter.CreateCounter<long>("starling.client_id.refused_takeovers", "{connection}", "Connections refused to keep the older one with that client id.");
    }

    internal void ConnectionsChanged(string tenant, int by) => _connections.Add(by, Tag(tenant));

    internal void Refused(string tenant, string limit) => _refusals.Add(1, Tag(tenant), new("limit", limit));

    internal void AuthenticationSucceeded(string tenant, string method) =>
        _authentications.Add(1, Tag(tenant), new("result", "success"), new("method", method));

    internal void AuthenticationFailed(string tenant, ReasonCode reason) =>
        _authentications.Add(1, Tag(tenant), new("result", reason.ToString()));

    internal void CollisionFound(string tenant) => _collisions.Add(1, Tag(tenant));

    internal void TakeoverRefused(string tenant) => _refusedTakeovers.Add(1, Tag(tenant));

    private static KeyValuePair<string, object?> Tag(string tenant) => new("tenant", tenant);
}
