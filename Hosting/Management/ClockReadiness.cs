using Starling.Storage.PostgreSql;

namespace Starling.Hosting.Management;

/// <summary>Not ready while the clocks of this machine and the database are far apart.</summary>
internal sealed class ClockReadiness(ClockWatch clock) : IReadinessCheck
{
    public string Name => "clock";

    public string? NotReadyReason => clock.Problem;
}
