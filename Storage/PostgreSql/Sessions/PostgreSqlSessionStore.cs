using Microsoft.Extensions.Logging;
using Npgsql;
using Starling.Broker.Contracts;
using Starling.Protocol;
using Starling.Storage.PostgreSql.Writing;

namespace Starling.Storage.PostgreSql.Sessions;

/// <summary>Durable sessions in PostgreSQL.</summary>
public sealed partial class PostgreSqlSessionStore(
    Database database, GroupCommit writer, TimeProvider time, ILogger<PostgreSqlSessionStore> logger) : ISessionStore
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(250);

    public ValueTask<StoredSession?> TakeAsync(SessionKey session, long epoch) => new(writer.Add(new TakeWrite(session, epoch)));

    public ValueTask<SessionFencingToken> SaveAsync(SessionKey session, long epoch, SessionState state)
    {
        // A connection that brings a will can wait; that one has ended can't.
        if (state is { Will: not null, Connection: not null })
            writer.EnsureRoom(session.Tenant);
        return new(writer.Add(new SaveWrite(session, epoch, state)));
    }

    public ValueTask SetSubscriptionsAsync(SessionFencingToken session, IReadOnlyList<Subscription> set, IReadOnlyList<string> removed)
    {
        if (set.Count > 0)
            writer.EnsureRoom(session.Key.Tenant);
        return new(writer.Add(new SubscriptionWrite(session, set, removed)));
    }

    public ValueTask SetReceivedAsync(SessionFencingToken session, IReadOnlyList<ushort> received, IReadOnlyList<ushort> released) =>
        new(writer.Add(new ReceivedWrite(session, received, released)));

    public ValueTask<bool> DeleteAsync(SessionKey session, long epoch) => new(writer.Add(new DeleteWrite(session, epoch)));

    /// <summary>Begins again, with routes that came already, when the server goes away meanwhile: a shard without its routes can't serve.</summary>
    public async IAsyncEnumerable<StoredRoute> LoadRoutesAsync(string tenant)
    {
        for (var away = false; ; away = true)
        {
            var routes = LoadRoutesOnceAsync(tenant).GetAsyncEnumerator();
            await using (routes.ConfigureAwait(false))
            {
                while (true)
                {
                    try
                    {
                        if (!await routes.MoveNextAsync().ConfigureAwait(false))
                            yield break;
                    }
                    catch (Exception error) when (Database.MayPass(error))
                    {
                        if (!away)
                            LogLoadWaits(tenant, Database.Reason(error));
                        break;
                    }

                    yield return routes.Current;
                }
            }

            await Task.Delay(Pause, time).ConfigureAwait(false);
        }
    }

    private async IAsyncEnumerable<StoredRoute> LoadRoutesOnceAsync(string tenant)
    {
        await using var command = database.Source.CreateCommand(
            """
            select s.client_id, u.filter, u.options, u.identifier, s.edge, s.connection_epoch
            from sessions s join subscriptions u on u.session = s.id
            where s.tenant = $1
            """);
        command.CommandTimeout = 0;
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = tenant });
        await using var reader = await command.ExecuteReaderAsync().ConfigureAwait(false);
        while (await reader.ReadAsync().ConfigureAwait(false))
        {
            var subscription = new Subscription(
                reader.GetString(1),
                SubscriptionOptions.FromByte((byte)reader.GetInt16(2)),
                reader.IsDBNull(3) ? null : (uint)reader.GetInt64(3));
            yield return reader.IsDBNull(4)
                ? new StoredRoute(reader.GetString(0), subscription)
                : new StoredRoute(reader.GetString(0), subscription, reader.GetString(4), reader.GetInt64(5));
        }
    }

    /// <summary>Edges are few, so that those which the store knows are read from the index one by one.</summary>
    public async ValueTask<IReadOnlyList<SessionKey>> ReadDueAsync(
        IReadOnlyCollection<string> tenants, long now, IReadOnlyCollection<string> liveEdges, int part, int parts, int most)
    {
        await using var command = database.Source.CreateCommand(
            """
            with recursive edges as (
                select min(edge) as edge from sessions
                union all
                select (select min(s.edge) from sessions s where s.edge > e.edge) from edges e where e.edge is not null)
            (select s.tenant, s.client_id from edges e join sessions s on s.edge = e.edge
                where e.edge <> all($1) and s.tenant = any($2) and s.id % $5 = $6 limit $4)
            union
            (select tenant, client_id from sessions where expires_at <= $3 and tenant = any($2) and id % $5 = $6 limit $4)
            union
            (select tenant, client_id from sessions where will_at <= $3 and tenant = any($2) and id % $5 = $6 limit $4)
            limit $4
            """);
        command.Parameters.Add(new NpgsqlParameter<string[]> { TypedValue = [.. liveEdges] });
        command.Parameters.Add(new NpgsqlParameter<string[]> { TypedValue = [.. tenants] });
        command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = now });
        command.Parameters.Add(new NpgsqlParameter<int> { TypedValue = most });
        command.Parameters.Add(new NpgsqlParameter<int> { TypedValue = parts });
        command.Parameters.Add(new NpgsqlParameter<int> { TypedValue = part });
        List<SessionKey> due = [];
        await using var reader = await command.ExecuteReaderAsync().ConfigureAwait(false);
        while (await reader.ReadAsync().ConfigureAwait(false))
            due.Add(new SessionKey(reader.GetString(0), reader.GetString(1)));
        return due;
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Tenant {Tenant}: subscriptions can't be read from PostgreSQL ({Reason}); trying again")]
    private partial void LogLoadWaits(string tenant, string reason);
}
