using Npgsql;
using Starling.Broker.Contracts;
using Starling.Storage.PostgreSql.Sessions;
using Starling.Storage.PostgreSql.Writing;

namespace Starling.Storage.PostgreSql.Inboxes;

internal sealed class AcknowledgeWrite(SessionFencingToken session, IReadOnlyList<InboxAck> acks) : OwnerWrite<bool>(session, Stage.Entries)
{
    protected override bool Result => true;

    public override long Bytes => base.Bytes + (16L * acks.Count);

    public override void AddTo(WriteBatch batch)
    {
        base.AddTo(batch);
        batch.Statements(static batch => new AcknowledgeStatements(batch)).Add(Hold.Id, acks);
    }
}

/// <summary>Entries that are done with, as ranges of numbers, since they mostly lie side by side; and those that PUBREC has come for.</summary>
internal sealed class AcknowledgeStatements(WriteBatch batch) : IStatements
{
    private readonly SessionLocks _locks = SessionLocks.Of(batch);
    private readonly Dictionary<long, List<long>> _done = [];
    private readonly List<long> _releasedIn = [];
    private readonly List<long> _released = [];

    public int Order => 70;

    public void Add(long session, IReadOnlyList<InboxAck> acks)
    {
        foreach (var ack in acks)
        {
            if (ack.Received)
            {
                _releasedIn.Add(session);
                _released.Add(ack.Number);
                continue;
            }

            if (!_done.TryGetValue(session, out var numbers))
                _done.Add(session, numbers = []);
            numbers.Add(ack.Number);
        }
    }

    public void AddTo(NpgsqlBatch batch)
    {
        if (_released.Count > 0)
        {
            batch.BatchCommands.Add(new NpgsqlBatchCommand(
                """
                update inbox i set released = true from unnest($1, $2) as r(session, number)
                where i.session = r.session and i.number = r.number and not i.released and r.session in (
                    select s.id from unnest($3, $4) as held(id, epoch) join sessions s on s.id = held.id and s.epoch = held.epoch)
                """).With(_releasedIn).With(_released).With(_locks.Sessions).With(_locks.Epochs));
        }

        if (_done.Count == 0)
            return;
        var (sessions, first, last) = Ranges();
        batch.BatchCommands.Add(new NpgsqlBatchCommand(
            """
            with gone as (
                delete from inbox i using unnest($1, $2, $3) as done(session, first, last)
                where i.session = done.session and i.number between done.first and done.last and done.session in (
                    select s.id from unnest($4, $5) as held(id, epoch) join sessions s on s.id = held.id and s.epoch = held.epoch)
                returning i.message)
            select distinct message from gone where message is not null
            """).With(sessions).With(first).With(last).With(_locks.Sessions).With(_locks.Epochs));
    }

    public async Task ReadAsync(NpgsqlDataReader reader)
    {
        if (_done.Count == 0)
            return;
        while (await reader.ReadAsync().ConfigureAwait(false))
            batch.Shared.Unreferenced(reader.GetInt64(0));
        await reader.NextResultAsync().ConfigureAwait(false);
    }

    private (List<long> Sessions, List<long> First, List<long> Last) Ranges()
    {
        var (sessions, first, last) = (new List<long>(), new List<long>(), new List<long>());
        foreach (var (session, numbers) in _done)
        {
            numbers.Sort();
            foreach (var number in numbers)
            {
                if (last.Count > 0 && sessions[^1] == session && number <= last[^1] + 1)
                {
                    last[^1] = number;
                    continue;
                }

                sessions.Add(session);
                first.Add(number);
                last.Add(number);
            }
        }

        return (sessions, first, last);
    }
}
