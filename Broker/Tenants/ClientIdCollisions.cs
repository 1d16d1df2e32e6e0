using System.Net;
using Microsoft.Extensions.Logging;
using Starling.Broker.Metrics;
using Starling.Broker.Tenants.Collisions;
using Starling.Protocol;

namespace Starling.Broker.Tenants;

/// <summary>
/// Notices two devices that were given the same client id by mistake and, both reconnecting at once, keep kicking each other off. The sign
/// is that the connection goes back and forth: an address takes over that had held the client id before, lost it to another address and
/// now returns. Neither a device that reconnects from one address, however often, nor one that roams through ever new addresses does that.
/// IPv6 addresses count as the same when their first 64 bits are, because a device changes the rest by itself.
/// </summary>
public sealed partial class ClientIdCollisions(TimeProvider time, TenantMetrics metrics, ILogger<ClientIdCollisions> logger)
{
    /// <summary>
    /// Quota exceeded: an administrative limit, passing, and worth another try later (MQTT 3: server unavailable). Not Client Identifier
    /// not valid (0x85; MQTT 3: identifier rejected), after which client libraries give up for good, though the older connection may be
    /// the wrong one of the two; not Server busy (0x89), which sends the operator looking in the wrong place.
    /// </summary>
    public const ReasonCode RefusalReason = ReasonCode.QuotaExceeded;

    private readonly ILogger<ClientIdCollisions> _logger = logger;

    /// <summary>Asked before each takeover of a live connection.</summary>
    public TakeoverVerdict Observe(Tenant tenant, string clientId, IPAddress older, IPAddress newer)
    {
        var options = tenant.Options.ClientIdCollisions;
        if (!options.Enabled || Place.Of(older) == Place.Of(newer))
            return TakeoverVerdict.TakeOver;
        var sighting = tenant.Collisions.Observe(clientId, Place.Of(older), Place.Of(newer), time, options);
        if (sighting.IsNew)
            metrics.CollisionFound(tenant.Name);
        if (sighting.Verdict == TakeoverVerdict.KeepOlder)
            metrics.TakeoverRefused(tenant.Name);
        if (sighting.ShouldWarn)
            LogCollision(tenant.Name, clientId, older, newer, sighting.Takeovers, options.Window.TotalSeconds, sighting.Hold.TotalSeconds);
        return sighting.Verdict;
    }
}
