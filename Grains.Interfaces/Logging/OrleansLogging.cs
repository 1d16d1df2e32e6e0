using Microsoft.Extensions.Logging;

namespace Starling.Grains.Interfaces.Logging;

/// <summary>
/// What of Orleans is written. Nodes that come, go, die or are refused are ordinary, and are told in one line of ours each (<c>MembershipLog</c>,
/// <c>SiloConnections</c>, <c>Refusals</c>); Orleans tells them dozens of times, with stack traces. From the level debug on all of it is written.
/// </summary>
public static class OrleansLogging
{
    /// <summary>Calls without an answer are made again by us, and connections by Orleans.</summary>
    private static readonly string[] Repeating =
    [
        "Orleans.Connections.Security",
        "Orleans.Messaging",
        "Orleans.Networking",
        "Orleans.Runtime.CallbackData",
        "Orleans.Runtime.ClusterConnectionStatus",
        "Orleans.Runtime.GrainDirectory",
        "Orleans.Runtime.MembershipService",
        "Orleans.Runtime.Messaging",
        "Orleans.Runtime.Metadata",
        "Orleans.Runtime.OutsideRuntimeClient",
    ];

    /// <summary>Remarks about the machine.</summary>
    private static readonly string[] Remarks = ["Orleans.Runtime.Silo", "Orleans.Runtime.Watchdog", "Orleans.Silo"];

    /// <param name="logging">Of the process.</param>
    /// <param name="level">Its level.</param>
    public static void Configure(ILoggingBuilder logging, LogLevel level)
    {
        logging.AddFilter("Orleans", level < LogLevel.Information ? level : LogLevel.Warning);
        if (level < LogLevel.Information)
            return;
        foreach (var category in Repeating)
            logging.AddFilter(category, LogLevel.Critical);
        foreach (var category in Remarks)
            logging.AddFilter(category, LogLevel.Error);
    }
}
