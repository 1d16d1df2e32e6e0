using Starling.Broker.Contracts;

namespace Starling.Simulation.Store;

/// <summary>The inboxes of the simulated database, for one process.</summary>
internal sealed class SimulatedInboxStore(StoreConnection connection) : IInboxStore
{
    public ValueTask<IReadOnlyList<long>> AppendAsync(SessionFencingToken session, IReadOnlyList<InboxEntry> entries, long reserve = 0)
    {
        connection.EnsureRoom();
        return new(connection.Add(tables => tables.Append(session, entries, reserve)));
    }

    /// <summary>Nobody waits for what is only removed: a process that dies may not have written it.</summary>
    public ValueTask AcknowledgeAsync(SessionFencingToken session, IReadOnlyList<InboxAck> acks, Action? refused = null)
    {
        var written = connection.Add(tables => tables.Acknowledge(session, acks));
        if (acks.Any(ack => ack.Received))
            return new(written);
        _ = ObserveAsync(written, refused);
        return ValueTask.CompletedTask;
    }

    private static async Task ObserveAsync(Task written, Action? refused)
    {
        await written.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (written.Exception?.InnerException is StaleEpochException)
            refused?.Invoke();
    }

    /// <summary>Behind the writes that were called before it.</summary>
    public async ValueTask<IReadOnlyList<InboxEntry>> ReadAsync(SessionFencingToken session, long from, int most, long mostBytes = long.MaxValue)
    {
        if (connection.Database.IsAway)
            return await connection.QueryAsync(tables => tables.Read(session, from, most, mostBytes), waits: false).ConfigureAwait(false);
        return await connection.Add(tables => tables.Read(session, from, most, mostBytes)).ConfigureAwait(false);
    }
}
