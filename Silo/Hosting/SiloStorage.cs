using Microsoft.Extensions.DependencyInjection;
using Starling.Broker.Cluster;
using Starling.Broker.Retained;
using Starling.Broker.Sessions;
using Starling.Hosting.Configuration;
using Starling.Hosting.Management;
using Starling.Storage.PostgreSql;
using Starling.Storage.PostgreSql.Inboxes;
using Starling.Storage.PostgreSql.Retained;
using Starling.Storage.PostgreSql.Sessions;
using Starling.Storage.PostgreSql.Shards;
using Starling.Storage.PostgreSql.Writing;

namespace Starling.Silo.Hosting;

/// <summary>The database of a silo, which it shares with the other silos.</summary>
internal static class SiloStorage
{
    public static void Add(StorageOptions storage, IServiceCollection services)
    {
        services.AddSingleton(new PostgreSqlOptions
        {
            ConnectionString = storage.ConnectionString,
            MaximumConnections = storage.MaximumConnections,
            StartTimeout = storage.StartTimeout,
            QueueBytes = storage.QueueBytes,
        });
        services.AddSingleton<Database>();
        services.AddSingleton<WriterMetrics>();
        services.AddSingleton<GroupCommit>();
        services.AddSingleton<DiscardedInboxes>();
        services.AddSingleton<ISessionStore, PostgreSqlSessionStore>();
        services.AddSingleton<IInboxStore, PostgreSqlInboxStore>();
        services.AddSingleton<IRetainedStore, PostgreSqlRetainedStore>();
        services.AddSingleton<IShardStore, PostgreSqlShardStore>();
        services.AddSingleton<IReadinessCheck, SiloStorageReadiness>();
    }
}

/// <summary>Not ready while the database takes nothing.</summary>
internal sealed class SiloStorageReadiness(GroupCommit writer) : IReadinessCheck
{
    public string Name => "storage";

    public string? NotReadyReason => writer.Problem is { } problem ? $"nothing can be written to PostgreSQL: {problem}" : null;
}
