using System.Globalization;
using Starling.Broker.Tenants;
using Starling.Hosting.Management;

namespace Starling.Hosting.Tenants;

/// <summary>Warns while the latest settings of tenants have mistakes: clients are served by older ones.</summary>
internal sealed class TenantsReadiness(TenantDirectory directory) : IReadinessCheck
{
    public string Name => "tenants";

    public string? NotReadyReason => null;

    public string? Warning => directory.Mistakes is > 0 and var mistakes
        ? string.Create(CultureInfo.InvariantCulture, $"{mistakes} mistakes in the latest settings of tenants, which are not in force; see the log")
        : null;
}
