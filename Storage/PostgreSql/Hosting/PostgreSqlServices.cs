using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using Starling.Broker.Contracts;
using Starling.Storage.PostgreSql.Inboxes;
using Starling.Storage.PostgreSql.Retained;
using Starling.Storage.PostgreSql.Sessions;
using Starling.Storage.PostgreSql.Shards;
using Starling.Storage.PostgreSql.Writing;

namespace Starling.Storage.PostgreSql.Hosting;

/// <summary>The stores in PostgreSQL of a process, standalone or a node of a cluster (<see cref="PostgreSqlOptions.IsShared"/>).</summary>
public static class PostgreSqlServices
{
    /// <summary>Needs <see cref="Broker.Time.BrokerClock"/>, which is the <see cref="TimeProvider"/> too, logging and metrics.</summary>
    public static IServiceCollection AddPostgreSql(this IServiceCollection services, PostgreSqlOptions options) => services
        .AddSingleton(options)
        .AddSingleton<Database>()
        .AddSingleton<ClockWatch>()
        .AddSingleton<SingleBroker>()
        .AddSingleton<WriterMetrics>()
        .AddSingleton<GroupCommit>()
        .AddSingleton<DiscardedInboxes>()
        .AddSingleton<IRetainedStore, PostgreSqlRetainedStore>()
        .AddSingleton<ISessionStore, PostgreSqlSessionStore>()
        .AddSingleton<IInboxStore, PostgreSqlInboxStore>()
        .AddSingleton<IShardStore, PostgreSqlShardStore>();

    /// <summary>Before anything is served: the schema is up to date, and nobody has the database who must not share it.</summary>
    /// <exception cref="DatabaseException">It cannot be used.</exception>
    public static async Task OpenPostgreSqlAsync(this IServiceProvider services, CancellationToken cancellation)
    {
        await services.GetRequiredService<Database>().OpenAsync(cancellation).ConfigureAwait(false);
        await services.OpenClockAsync(cancellation).ConfigureAwait(false);
        await services.GetRequiredService<SingleBroker>().TakeAsync(cancellation).ConfigureAwait(false);
        services.GetRequiredService<DiscardedInboxes>();
    }

    /// <summary>The process's clock follows the database's from now on.</summary>
    /// <exception cref="DatabaseException">It does not answer.</exception>
    public static async Task OpenClockAsync(this IServiceProvider services, CancellationToken cancellation)
    {
        try
        {
            await services.GetRequiredService<ClockWatch>().StartAsync(cancellation).ConfigureAwait(false);
        }
        catch (NpgsqlException e)
        {
            throw services.GetRequiredService<Database>().Failure(e);
        }
    }
}
