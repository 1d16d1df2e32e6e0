using Microsoft.Extensions.DependencyInjection;
using Starling.Broker.Standalone;
using Starling.Hosting.Configuration;
using Starling.Hosting.Management;
using Starling.Storage.PostgreSql;
using Starling.Storage.PostgreSql.Hosting;
using Starling.Storage.PostgreSql.Tenants;
using Starling.Storage.PostgreSql.Writing;

namespace Starling.Edge.Hosting;

/// <summary>The database, when one is set. An edge of a cluster reads tenants there and finds the silos, which store sessions and messages.</summary>
internal static class StorageServices
{
    public static void Add(StorageOptions storage, bool isStandalone, IServiceCollection services)
    {
        var options = new PostgreSqlOptions
        {
            ConnectionString = storage.ConnectionString,
            MaximumConnections = storage.MaximumConnections,
            StartTimeout = storage.StartTimeout,
            QueueBytes = storage.QueueBytes,
            Migrate = storage.Migrate && isStandalone,
            Access = isStandalone ? DatabaseAccess.Silo : DatabaseAccess.Edge,
        };
        if (!isStandalone)
        {
            services.AddSingleton(options).AddSingleton<Database>().AddSingleton<ClockWatch>();
            services.AddSingleton<IReadinessCheck, ClockReadiness>();
            return;
        }

        services.AddPostgreSql(options);
        services.AddSingleton<IReadinessCheck, StorageReadiness>();
        services.AddSingleton<IReadinessCheck, ClockReadiness>();
        services.AddSingleton<StandaloneStores>();
    }

    /// <summary>Before anything listens: the schema is up to date, no other broker has the database, tenants in it are loaded.</summary>
    /// <exception cref="DatabaseException">It cannot be used.</exception>
    public static async Task OpenAsync(IServiceProvider services, CancellationToken cancellation)
    {
        if (services.GetService<Database>() is not { } database)
            return;
        if (services.GetService<SingleBroker>() is null)
        {
            await database.OpenAsync(cancellation);
            await services.OpenClockAsync(cancellation);
        }
        else
        {
            await services.OpenPostgreSqlAsync(cancellation);
        }

        if (services.GetService<TenantWatch>() is { } tenants)
            await tenants.StartAsync(cancellation);
    }

    /// <summary>A database that is away does not hold up the end of the process: most of that time is left to connections.</summary>
    public static void Draining(IServiceProvider services, TimeSpan shutdownTimeout) =>
        services.GetService<GroupCommit>()?.GiveUpAfter(shutdownTimeout / 4);

    /// <summary>Completes, with what to tell the operator, when the process must end: another broker has the database now.</summary>
    public static Task<string> LostAsync(IServiceProvider services)
    {
        var lost = new TaskCompletionSource<string>(TaskCreationOptions.RunContinuationsAsynchronously);
        if (services.GetService<SingleBroker>() is { } broker)
        {
            broker.Changed += Look;
            Look(broker.State);
        }

        return lost.Task;

        void Look(SingleBrokerState state)
        {
            if (state == SingleBrokerState.TakenByAnother)
                lost.TrySetResult("another broker has taken over the database while this one had no connection to it; the state in memory is out of date");
        }
    }
}
