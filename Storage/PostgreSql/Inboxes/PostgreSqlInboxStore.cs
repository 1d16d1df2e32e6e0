using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using Npgsql;
using Starling.Broker.Contracts;
using Starling.Broker.Messages;
using Starling.Broker.Sessions;
using Starling.Broker.Threading;
using Starling.Storage.PostgreSql.Writing;

namespace Starling.Storage.PostgreSql.Inboxes;

/// <summary>
/// Inboxes in PostgreSQL. Nobody waits for the removal of what is done with: should it be lost in a crash, the client gets the message
/// again, as MQTT allows for what it has acknowledged at QoS 1, or its PUBREL once more at QoS 2.
/// </summary>
public sealed class PostgreSqlInboxStore(Database database, GroupCommit writer, ILogger<PostgreSqlInboxStore> logger) : IInboxStore
{
    // By session: the last removal that is not known to be written, and the highest number in it.
    private readonly ConcurrentDictionary<long, (Task Written, long Highest)> _removals = new();

    public ValueTask<IReadOnlyList<long>> AppendAsync(SessionFencingToken session, IReadOnlyList<InboxEntry> entries, long reserve = 0)
    {
        writer.EnsureRoom(session.Key.Tenant);
        return new(writer.Add(new AppendWrite(session, entries, reserve, Write.Overhead + entries.Sum(entry => 128L + entry.Delivery.Message.Size))));
    }

    public ValueTask AcknowledgeAsync(SessionFencingToken session, IReadOnlyList<InboxAck> acks, Action? refused = null)
    {
        var write = new AcknowledgeWrite(session, acks);
        var waits = false;
        var highest = long.MinValue;
        foreach (var ack in acks)
        {
            waits |= ack.Received;
            highest = Math.Max(highest, ack.Number);
        }

        if (waits)
            return new(writer.Add(write));
        if (acks.Count > 0)
            _removals[session.Id] = (write.Done, highest);
        writer.AddLazily(write);
        Background.Run(FinishAsync(session, write.Done, refused), logger, "Removal of inbox entries");
        return ValueTask.CompletedTask;
    }

    public async ValueTask<IReadOnlyList<InboxEntry>> ReadAsync(SessionFencingToken session, long from, int most, long mostBytes = long.MaxValue)
    {
        if (_removals.TryGetValue(session.Id, out var removal) && removal.Highest >= from)
        {
            writer.Hurry();
            await removal.Written.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        try
        {
            return await ReadNowAsync(session, from, most, mostBytes).ConfigureAwait(false);
        }
        catch (Exception error) when (error is NpgsqlException or TimeoutException or IOException)
        {
            throw new StoreUnavailableException($"Inbox unavailable: {Database.Reason(error)}", error);
        }
    }

    private async Task<IReadOnlyList<InboxEntry>> ReadNowAsync(SessionFencingToken session, long from, int most, long mostBytes)
    {
        await using var command = database.Source.CreateCommand(
            """
            select number, flags, extra, released, body
            from (
                select *, sum(size) over (order by number) as bytes, row_number() over (order by number) as place
                from (
                    select i.number, i.flags, i.extra, i.released, i.size, coalesce(i.body, m.body) as body
                    from inbox i left join messages m on m.id = i.message
                    where i.session = $1 and i.number >= $2 order by i.number limit $3) as page) as counted
            where bytes <= $4 or place = 1
            order by number
            """);
        command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = session.Id });
        command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = from });
        command.Parameters.Add(new NpgsqlParameter<int> { TypedValue = most });
        command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = mostBytes });
        List<InboxEntry> entries = [];
        var frames = new MessageFrameReader();
        await using var reader = await command.ExecuteReaderAsync().ConfigureAwait(false);
        while (await reader.ReadAsync().ConfigureAwait(false))
        {
            var message = frames.Read(reader.GetFieldValue<byte[]>(4));
            var delivery = DeliveryFrame.Read(message, reader.GetInt16(1), reader.IsDBNull(2) ? null : reader.GetFieldValue<byte[]>(2));
            entries.Add(new InboxEntry(reader.GetInt64(0), delivery, Released: reader.GetBoolean(3)));
        }

        return entries;
    }

    private async Task FinishAsync(SessionFencingToken session, Task written, Action? refused)
    {
        await written.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (written.Exception?.InnerException is StaleEpochException)
            refused?.Invoke();
        if (_removals.TryGetValue(session.Id, out var last) && last.Written == written)
            _removals.TryRemove(new KeyValuePair<long, (Task, long)>(session.Id, last));
    }
}
