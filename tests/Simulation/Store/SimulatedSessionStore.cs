using Starling.Broker.Contracts;

namespace Starling.Simulation.Store;

/// <summary>The sessions of the simulated database, for one process.</summary>
internal sealed class SimulatedSessionStore(StoreConnection connection) : ISessionStore
{
    public ValueTask<StoredSession?> TakeAsync(SessionKey session, long epoch) => new(connection.Add(tables => tables.Take(session, epoch)));

    public ValueTask<SessionFencingToken> SaveAsync(SessionKey session, long epoch, SessionState state) =>
        Save(session, epoch, state, connection.Database.NextWrite());

    public ValueTask SetSubscriptionsAsync(SessionFencingToken session, IReadOnlyList<Subscription> set, IReadOnlyList<string> removed) =>
        new(connection.Add(tables => tables.SetSubscriptions(session, set, removed)));

    public ValueTask SetReceivedAsync(SessionFencingToken session, IReadOnlyList<ushort> received, IReadOnlyList<ushort> released) =>
        new(connection.Add(tables => tables.SetReceived(session, received, released)));

    public ValueTask<bool> DeleteAsync(SessionKey session, long epoch) => new(connection.Add(tables => tables.Delete(session, epoch)));

    public async IAsyncEnumerable<StoredRoute> LoadRoutesAsync(string tenant)
    {
        foreach (var route in await connection.QueryAsync(tables => tables.Routes(tenant), waits: true).ConfigureAwait(false))
            yield return route;
    }

    public async ValueTask<IReadOnlyList<SessionKey>> ReadDueAsync(
        IReadOnlyCollection<string> tenants, long now, IReadOnlyCollection<string> liveEdges, int part, int parts, int most) =>
        await connection.QueryAsync(
            tables => tables.Due(tenants, now, liveEdges.Contains, row => row.Id % parts == part, most), waits: false).ConfigureAwait(false);

    private ValueTask<SessionFencingToken> Save(SessionKey session, long epoch, SessionState state, long write) =>
        new(connection.Add(tables => tables.Save(session, epoch, state, write)));
}
