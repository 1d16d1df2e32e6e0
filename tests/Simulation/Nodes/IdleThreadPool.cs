using Starling.Edge.Nodes;

namespace Starling.Simulation.Nodes;

/// <summary>Nothing waits for the one thread: the scheduler decides who is next.</summary>
internal sealed class IdleThreadPool : IThreadPool
{
    public int Processors => 1;

    public bool IsBusy(long now) => false;

    public void Queue(Action work) => throw new NotSupportedException("nothing waits for a turn");
}
