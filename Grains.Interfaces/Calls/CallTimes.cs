namespace Starling.Grains.Interfaces.Calls;

/// <summary>How long processes wait for each other.</summary>
public static class CallTimes
{
    /// <summary>
    /// For an answer. Every call may be made again, and joins the one that is under way, so this is how long a call into a process that has died
    /// holds somebody up, not how long a call may take.
    /// </summary>
    public static readonly TimeSpan Answer = TimeSpan.FromSeconds(3);

    /// <summary>For a connection.</summary>
    public static readonly TimeSpan Connecting = TimeSpan.FromSeconds(2);

    /// <summary>How often silos look after each other. One that has not answered three times is taken for dead.</summary>
    public static readonly TimeSpan Probe = TimeSpan.FromSeconds(1);

    public const int MissedProbes = 3;
}
