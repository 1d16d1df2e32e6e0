namespace Starling.Hosting.Processes;

/// <summary>
/// What a thread of the pool that has nothing to do spins before it sleeps. Calls between nodes wake threads all the time, and what those spin
/// is taken from other threads, and other processes of the machine: without it the latency of a cluster on two cores at 5,000 messages per
/// second is less than half (bench/cluster). A standalone broker answers sooner with it.
/// </summary>
internal static class ThreadPoolSpinning
{
    /// <summary>To be called before the pool starts its first thread, which reads it.</summary>
    public static void TurnOff() => AppContext.SetData("System.Threading.ThreadPool.UnfairSemaphoreSpinLimit", "0");
}
