using Starling.Broker.Sessions;

namespace Starling.Simulation.Store;

internal sealed partial class Tables
{
    public SessionHold Save(SessionKey session, long epoch, SessionState state)
    {
        if (!_sessions.TryGetValue(session, out var row))
        {
            if (epoch != 0)
                throw new StaleEpochException(session, epoch);
            row = new SessionRow(++_lastId) { State = state };
            _sessions.Add(session, row);
            _byId.Add(row.Id, row);
        }
        else if (row.State.Epoch != epoch && !IsSecondTime(row, epoch, state) && !Flaws.IgnoresEpochs)
            throw new StaleEpochException(session, epoch);

        row.EpochBefore = epoch;
        row.Will = state.Will is null ? null : WillFrame.Encode(state.Will);
        row.State = state with { Will = null, NextNumber = Math.Max(state.NextNumber, row.State.NextNumber) };
        return new SessionHold(session, row.Id, state.Epoch);
    }

    /// <summary>Sessions that have something due, in the order of their keys.</summary>
    public IReadOnlyList<SessionKey> Due(IReadOnlyCollection<string> tenants, long now, Func<string, bool> isLive, Func<SessionRow, bool> isOfPart, int most) =>
    [
        .. _sessions
            .Where(s => tenants.Contains(s.Key.Tenant) && isOfPart(s.Value))
            .Where(s => (EdgeOf(s.Value.State) is { } edge && !isLive(edge)) || s.Value.State.ExpiresAt <= now || s.Value.State.WillAt <= now)
            .Select(s => s.Key)
            .Take(most),
    ];

    private static string? EdgeOf(SessionState state) => state.EdgeId;

    private static bool IsSecondTime(SessionRow row, long epoch, SessionState state) =>
        row.State.Epoch == state.Epoch && row.EpochBefore == epoch && EdgeOf(row.State) == EdgeOf(state);
}
