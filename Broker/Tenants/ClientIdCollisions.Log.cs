using System.Net;
using Microsoft.Extensions.Logging;
using Starling.Broker.Telemetry;

namespace Starling.Broker.Tenants;

public sealed partial class ClientIdCollisions
{
    [LoggerMessage(
        Level = LogLevel.Warning,
        Message = "Tenant {Tenant}: two devices use client id {ClientId}: {OlderAddress} (kept) and {NewerAddress} (refused for {HoldSeconds} s), {Takeovers} takeovers in {WindowSeconds} s. Give one of them another client id.")]
    private partial void LogCollision(
        string tenant, ForeignText clientId, IPAddress olderAddress, IPAddress newerAddress, int takeovers, double windowSeconds, double holdSeconds);
}
