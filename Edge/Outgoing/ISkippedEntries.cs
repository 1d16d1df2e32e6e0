namespace Starling.Edge.Outgoing;

/// <summary>Takes the entries that an <see cref="Outbox"/> could not send (<see cref="Outbox.TakeSkipped"/>) to their session.</summary>
internal interface ISkippedEntries
{
    /// <summary>Entries were skipped while the client read on, when nobody else is about to ask for them. Called without a lock.</summary>
    void Skipped();
}
