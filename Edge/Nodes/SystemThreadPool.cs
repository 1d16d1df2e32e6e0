using System.Diagnostics.CodeAnalysis;

namespace Starling.Edge.Nodes;

/// <summary>.NET's.</summary>
[SuppressMessage("Performance", "CA1812", Justification = "Made by the service provider.")]
internal sealed class SystemThreadPool : IThreadPool
{
    public int Processors { get; } = Environment.ProcessorCount;

    public long Backlog => ThreadPool.PendingWorkItemCount;

    public void Queue(Action work) => ThreadPool.UnsafeQueueUserWorkItem(static work => work(), work, preferLocal: false);
}
