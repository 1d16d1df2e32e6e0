using Starling.Hosting.Management;
using Starling.Hosting.Sockets;

namespace Starling.Edge.Listeners.Admissions;

/// <summary>Not ready while no further connection could be served: as many are open as may be, or there were no file descriptors.</summary>
internal sealed class ConnectionReadiness(Admission admission, AcceptFailures failures) : IReadinessCheck
{
    public string Name => "connections";

    public string? NotReadyReason =>
        failures.AreRecent ? "connections were refused for want of file descriptors or memory"
        : admission.IsFull ? $"{admission.Connections} connections are open, which is the limit"
        : null;
}
