namespace Starling.Edge.Nodes;

/// <summary>What <see cref="ReadTurns"/> needs of the thread pool.</summary>
internal interface IThreadPool
{
    /// <summary>Turns that may run at once.</summary>
    int Processors { get; }

    /// <summary>Whether work has to wait for a thread for longer than it should.</summary>
    /// <param name="now">A timestamp of this moment.</param>
    bool IsBusy(long now);

    /// <summary>Behind all that waits.</summary>
    void Queue(Action work);
}
