namespace Starling.Edge.Nodes;

/// <summary>What <see cref="ReadTurns"/> needs of the thread pool.</summary>
internal interface IThreadPool
{
    /// <summary>Turns that may run at once.</summary>
    int Processors { get; }

    /// <summary>Work that waits for a thread.</summary>
    long Backlog { get; }

    /// <summary>Behind all that waits.</summary>
    void Queue(Action work);
}
