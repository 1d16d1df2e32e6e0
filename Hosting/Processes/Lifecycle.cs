using Starling.Hosting.Management;

namespace Starling.Hosting.Processes;

/// <summary>Not ready before the listeners are open, nor once the process was told to stop.</summary>
internal sealed class Lifecycle : IReadinessCheck
{
    private volatile string? _reason = "starting";

    public string Name => "lifecycle";

    public string? NotReadyReason => _reason;

    public void Started() => _reason = null;

    public void Draining() => _reason = "draining";
}
