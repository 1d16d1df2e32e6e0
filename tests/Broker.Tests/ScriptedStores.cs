using Starling.Broker.Contracts;
using Starling.Storage.Memory;

namespace Starling.Broker.Tests;

/// <summary>Stores that several processes can use one after the other, and that fail and stall when a test says so.</summary>
internal sealed class ScriptedStores : ISessionStore, IInboxStore
{
    private readonly MemoryInboxStore _inboxes = new(outlivesProcess: true);
    private readonly MemorySessionStore _sessions;
    private readonly Dictionary<SessionKey, SessionState> _states = [];

    public ScriptedStores() => _sessions = new MemorySessionStore(_inboxes);

    /// <summary>Thrown instead of a call of this name, which is not carried out.</summary>
    public Dictionary<string, Exception> Failures { get; } = [];

    /// <summary>A call of this name is carried out at once and done when the source is.</summary>
    public Dictionary<string, TaskCompletionSource> Stalls { get; } = [];

    /// <summary>As it was written last; null when there is no such session.</summary>
    public SessionState? StateOf(string clientId) => _states.GetValueOrDefault(new SessionKey("t", clientId));

    public async ValueTask<StoredSession?> TakeAsync(SessionKey session, long epoch)
    {
        var call = Call(nameof(TakeAsync), () => _sessions.TakeAsync(session, epoch));
        if (_states.TryGetValue(session, out var state))
            _states[session] = state with { Epoch = Math.Max(state.Epoch + 1, epoch) };
        return await call;
    }

    public async ValueTask<SessionFencingToken> SaveAsync(SessionKey session, long epoch, SessionState state)
    {
        var hold = await Call(nameof(SaveAsync), () =>
        {
            var saved = _sessions.SaveAsync(session, epoch, state);
            _states[session] = state;
            return saved;
        });
        return hold;
    }

    public ValueTask SetSubscriptionsAsync(SessionFencingToken session, IReadOnlyList<Subscription> set, IReadOnlyList<string> removed) =>
        _sessions.SetSubscriptionsAsync(session, set, removed);

    public ValueTask SetReceivedAsync(SessionFencingToken session, IReadOnlyList<ushort> received, IReadOnlyList<ushort> released) =>
        _sessions.SetReceivedAsync(session, received, released);

    public ValueTask<bool> DeleteAsync(SessionKey session, long epoch) => Call(nameof(DeleteAsync), () =>
    {
        if (_states.TryGetValue(session, out var state) && state.Epoch == epoch)
            _states.Remove(session);
        return _sessions.DeleteAsync(session, epoch);
    });

    public IAsyncEnumerable<StoredRoute> LoadRoutesAsync(string tenant) => _sessions.LoadRoutesAsync(tenant);

    public ValueTask<IReadOnlyList<SessionKey>> ReadDueAsync(
        IReadOnlyCollection<string> tenants, long now, IReadOnlyCollection<string> liveEdges, int part, int parts, int most) =>
        _sessions.ReadDueAsync(tenants, now, liveEdges, part, parts, most);

    public ValueTask<IReadOnlyList<long>> AppendAsync(SessionFencingToken session, IReadOnlyList<InboxEntry> entries, long reserve = 0) =>
        Call(nameof(AppendAsync), () => _inboxes.AppendAsync(session, entries, reserve));

    /// <summary>Answers removals before it carries them out, as a store may, so that it throws no refusal of them.</summary>
    public bool AnswersRemovals { get; set; }

    public ValueTask AcknowledgeAsync(SessionFencingToken session, IReadOnlyList<InboxAck> acks, Action? refused = null)
    {
        try
        {
            return _inboxes.AcknowledgeAsync(session, acks);
        }
        catch (StaleEpochException) when (AnswersRemovals && !acks.Any(ack => ack.Received))
        {
            refused?.Invoke();
            return ValueTask.CompletedTask;
        }
    }

    public ValueTask<IReadOnlyList<InboxEntry>> ReadAsync(SessionFencingToken session, long from, int most, long mostBytes = long.MaxValue) =>
        Call(nameof(ReadAsync), () => _inboxes.ReadAsync(session, from, most, mostBytes));

    private async ValueTask<T> Call<T>(string name, Func<ValueTask<T>> carryOut)
    {
        if (Failures.TryGetValue(name, out var failure))
            throw failure;
        var result = await carryOut();
        if (Stalls.TryGetValue(name, out var stall))
            await stall.Task;
        return result;
    }
}
