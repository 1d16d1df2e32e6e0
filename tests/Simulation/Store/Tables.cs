using Starling.Broker.Contracts;
using Starling.Broker.Messages;
using Starling.Broker.Sessions;

namespace Starling.Simulation.Store;

/// <summary>
/// What the database holds, and what each statement does to it: the same as the SQL of Starling.Storage.PostgreSql, one statement after
/// the other. Every one of them does nothing the second time, since it may be sent again.
/// </summary>
internal sealed partial class Tables
{
    private readonly Dictionary<SessionKey, SessionRow> _sessions = [];
    private readonly Dictionary<long, SessionRow> _byId = [];

    /// <summary>Which entry a QoS 2 message that its publisher has not released was noted with.</summary>
    private readonly Dictionary<(string Place, long Publisher, ushort PacketIdentifier), (long Session, long Number)> _delivered = [];
    private long _lastId;

    /// <summary>What of it a test has broken on purpose.</summary>
    public StoreFlaws Flaws { get; init; } = new();

    public IReadOnlyCollection<KeyValuePair<SessionKey, SessionRow>> Sessions => _sessions;

    public StoredSession? Take(SessionKey session, long epoch)
    {
        if (!_sessions.TryGetValue(session, out var row))
            return null;
        row.SavedBy = 0;
        row.State = row.State with { Epoch = Math.Max(row.State.Epoch + 1, epoch) };
        var noted = _delivered.Where(d => d.Value.Session == row.Id).Select(d => d.Value.Number + 1);
        var next = noted.Concat(row.Inbox.Keys.Select(number => number + 1)).Append(row.State.NextNumber).Max();
        return new StoredSession(
            new SessionFencingToken(session, row.Id, row.State.Epoch),
            row.State with { Will = row.Will is null || Flaws.ForgetsWills ? null : WillFrame.Decode(row.Will) },
            [.. row.Subscriptions.Values],
            [.. row.Received],
            new InboxSummary(next, row.Inbox.Count, row.Inbox.Values.Sum(entry => (long)entry.Size)));
    }

    public void SetSubscriptions(SessionFencingToken session, IReadOnlyList<Subscription> set, IReadOnlyList<string> removed)
    {
        var row = Held(session);
        foreach (var filter in removed)
            row.Subscriptions.Remove(filter);
        foreach (var subscription in set)
            row.Subscriptions[subscription.Filter] = subscription;
    }

    public void SetReceived(SessionFencingToken session, IReadOnlyList<ushort> received, IReadOnlyList<ushort> released)
    {
        var row = Held(session);
        row.Received.UnionWith(received);
        row.Received.ExceptWith(released);
        foreach (var identifier in released)
            Forget(note => note.Publisher == row.Id && note.PacketIdentifier == identifier);
    }

    /// <returns>False when it has another epoch.</returns>
    public bool Delete(SessionKey session, long epoch)
    {
        if (!_sessions.TryGetValue(session, out var row))
            return true;
        if (row.State.Epoch != epoch)
            return false;
        _sessions.Remove(session);
        _byId.Remove(row.Id);
        Forget(note => note.Publisher == row.Id || note.Place == PlaceOf(row.Id));
        return true;
    }

    /// <returns>Numbers of entries that were not taken.</returns>
    public IReadOnlyList<long> Append(SessionFencingToken session, IReadOnlyList<InboxEntry> entries, long reserve)
    {
        var row = Held(session);
        row.State = row.State with { NextNumber = Math.Max(row.State.NextNumber, reserve) };
        List<long> refused = [];
        foreach (var entry in entries)
        {
            if (entry.Delivery.From is { } from ? Move(row, entry, from) : !IsRepeat(session, row, entry))
                row.Inbox.TryAdd(entry.Number, new EntryRow(entry.Delivery));
            else if (!row.Inbox.ContainsKey(entry.Number))
                refused.Add(entry.Number);
        }

        return refused;
    }

    private bool IsRepeat(SessionFencingToken session, SessionRow row, InboxEntry entry)
    {
        var message = entry.Delivery.Message;
        if (message.RepeatableIdentifier == 0 || Flaws.ForgetsWhatWasDelivered)
            return false;
        var place = entry.Delivery.Group is { } group ? $"{session.Key.Tenant}/{group.ShareName}/{group.Filter}" : PlaceOf(row.Id);
        var note = (place, message.Publisher!.SessionId, message.RepeatableIdentifier);
        if (!_delivered.TryAdd(note, (row.Id, entry.Number)))
            return _delivered[note] != (row.Id, entry.Number);
        if (!IsLate(message.Publisher))
            return false;
        _delivered.Remove(note);
        return true;
    }

    private bool IsLate(Publisher publisher) =>
        _byId.TryGetValue(publisher.SessionId, out var row) && publisher.Epoch < row.State.ConnectionEpoch;

    /// <returns>False when it is not the giver's to leave any more.</returns>
    private bool Move(SessionRow row, InboxEntry entry, InboxPlace from)
    {
        if (!_byId.TryGetValue(from.Session, out var giver) || (giver.State.Epoch != from.Epoch && !Flaws.IgnoresEpochs))
            return false;
        return giver.Inbox.Remove(from.Number) || row.Inbox.ContainsKey(entry.Number);
    }

    public void Acknowledge(SessionFencingToken session, IReadOnlyList<InboxAck> acks)
    {
        var row = Held(session);
        foreach (var ack in acks)
        {
            if (!ack.Received)
                row.Inbox.Remove(ack.Number);
            else if (row.Inbox.TryGetValue(ack.Number, out var entry))
                entry.Released = true;
        }
    }

    public IReadOnlyList<InboxEntry> Read(SessionFencingToken session, long from, int most, long mostBytes)
    {
        List<InboxEntry> found = [];
        if (!_byId.TryGetValue(session.Id, out var row))
            return found;
        foreach (var entry in row.Inbox.Where(entry => entry.Key >= from).Take(most).Select(entry => entry.Value.Read(entry.Key)))
        {
            mostBytes -= entry.Delivery.Message.Size;
            if (mostBytes < 0 && found.Count > 0)
                break;
            found.Add(entry);
        }

        return found;
    }

    public IReadOnlyList<StoredRoute> Routes(string tenant) =>
        [.. _sessions.Where(s => s.Key.Tenant == tenant).SelectMany(s => s.Value.Subscriptions.Values.Select(u => new StoredRoute(
            s.Key.ClientId, u, s.Value.State.Connection?.EdgeId, s.Value.State.Connection?.Epoch ?? 0)))];

    private static string PlaceOf(long session) => session.ToString(System.Globalization.CultureInfo.InvariantCulture);

    private SessionRow Held(SessionFencingToken session)
    {
        if (_byId.TryGetValue(session.Id, out var row) && (row.State.Epoch == session.Epoch || Flaws.IgnoresEpochs))
            return row;
        throw new StaleEpochException(session.Key, session.Epoch);
    }

    private void Forget(Func<(string Place, long Publisher, ushort PacketIdentifier), bool> which)
    {
        foreach (var note in _delivered.Keys.Where(which).ToArray())
            _delivered.Remove(note);
    }
}

/// <summary>Promises that a store breaks, for tests that see whether it is noticed.</summary>
internal sealed record StoreFlaws
{
    /// <summary>Writes of owners that are not owners any more are carried out.</summary>
    public bool IgnoresEpochs { get; init; }

    /// <summary>What is to be written is answered before it is.</summary>
    public bool AnswersTooEarly { get; init; }

    /// <summary>Repeats of QoS 2 messages are not recognised.</summary>
    public bool ForgetsWhatWasDelivered { get; init; }

    /// <summary>A session that is taken up comes without its will.</summary>
    public bool ForgetsWills { get; init; }
}
