namespace Starling.Edge.Nodes;

/// <summary>Reads how much memory the process uses, and how much it may use, in bytes.</summary>
internal delegate (long Used, long Available) ReadProcessMemory();

internal static class ProcessMemory
{
    /// <summary>The available memory is that of the container, or of the machine.</summary>
    public static (long Used, long Available) Read() => (Environment.WorkingSet, GC.GetGCMemoryInfo(GCKind.Any).TotalAvailableMemoryBytes);
}
