using Microsoft.Extensions.DependencyInjection;
using Starling.Hosting.Configuration;
using Starling.Hosting.Management;
using Starling.Storage.PostgreSql;
using Starling.Storage.PostgreSql.Hosting;
using Starling.Storage.PostgreSql.Writing;

namespace Starling.Silo.Hosting;

/// <summary>The database of a silo, which it shares with the other silos.</summary>
internal static class SiloStorage
{
    public static void Add(StorageOptions storage, IServiceCollection services)
    {
        services.AddPostgreSql(new PostgreSqlOptions
        {
            ConnectionString = storage.ConnectionString,
            MaximumConnections = storage.MaximumConnections,
            StartTimeout = storage.StartTimeout,
            QueueBytes = storage.QueueBytes,
            Migrate = storage.Migrate,
            IsShared = true,
        });
        services.AddSingleton<IReadinessCheck, SiloStorageReadiness>();
        services.AddSingleton<IReadinessCheck, ClockReadiness>();
    }
}

/// <summary>Not ready while the database takes nothing.</summary>
internal sealed class SiloStorageReadiness(GroupCommit writer) : IReadinessCheck
{
    public string Name => "storage";

    public string? NotReadyReason => writer.Problem is { } problem ? $"PostgreSQL takes no writes: {problem}" : null;
}
