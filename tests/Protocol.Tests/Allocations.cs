namespace Starling.Protocol.Tests;

internal static class Allocations
{
    /// <summary>Bytes that 1,000 calls allocate on this thread, once the code is warm.</summary>
    public static long Of<T>(Func<T> action)
    {
        for (var i = 0; i < 100; i++)
            action();
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 1_000; i++)
            action();
        return GC.GetAllocatedBytesForCurrentThread() - before;
    }
}
