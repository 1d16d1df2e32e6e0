namespace Starling.Edge.Connections;

/// <summary>Sees to the entries that an <see cref="Outbox"/> could not send (<see cref="Outbox.TakeSkipped"/>).</summary>
internal interface ISkippedEntries
{
    /// <summary>A client that has read on has made some of them, and nobody else is about to ask for them. Called without a lock.</summary>
    void Skipped();
}
