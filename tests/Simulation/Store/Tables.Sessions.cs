using Starling.Broker.Contracts;
using Starling.Broker.Sessions;

namespace Starling.Simulation.Store;

internal sealed partial class Tables
{
    /// <param name="write">Names the write, which may come twice.</param>
    public SessionFencingToken Save(SessionKey session, long epoch, SessionState state, long write)
    {
        if (!_sessions.TryGetValue(session, out var row))
        {
            if (epoch != 0)
                throw new StaleEpochException(session, epoch);
            row = new SessionRow(++_lastId) { State = state };
            _sessions.Add(session, row);
            _byId.Add(row.Id, row);
        }
        else if (row.State.Epoch != epoch && row.SavedBy != write && !Flaws.IgnoresEpochs)
            throw new StaleEpochException(session, epoch);

        row.SavedBy = write;
        row.Will = state.Will is null ? null : WillFrame.Encode(state.Will);
        var next = state.Connection is null ? state.NextNumber : Math.Max(state.NextNumber, row.State.NextNumber);
        row.State = state with { Will = null, NextNumber = next };
        return new SessionFencingToken(session, row.Id, state.Epoch);
    }

    /// <summary>Sessions that have something due, in the order of their keys.</summary>
    public IReadOnlyList<SessionKey> Due(IReadOnlyCollection<string> tenants, long now, Func<string, bool> isLive, Func<SessionRow, bool> isOfPart, int most) =>
    [
        .. _sessions
            .Where(s => tenants.Contains(s.Key.Tenant) && isOfPart(s.Value))
            .Where(s => (s.Value.State.Connection is { } connection && !isLive(connection.EdgeId)) || s.Value.State.ExpiresAt <= now || s.Value.State.WillAt <= now)
            .Select(s => s.Key)
            .Take(most),
    ];
}
