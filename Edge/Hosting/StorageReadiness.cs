using Starling.Hosting.Management;
using Starling.Storage.PostgreSql;
using Starling.Storage.PostgreSql.Writing;

namespace Starling.Edge.Hosting;

/// <summary>Not ready while the database may be another broker's, or takes nothing.</summary>
internal sealed class StorageReadiness(SingleBroker broker, GroupCommit writer) : IReadinessCheck
{
    public string Name => "storage";

    public string? NotReadyReason => broker.State switch
    {
        SingleBrokerState.Held when writer.Problem is { } problem => $"nothing can be written to PostgreSQL: {problem}",
        SingleBrokerState.Held => null,
        SingleBrokerState.TakenByAnother => "another broker uses the database",
        _ => "no connection to the database",
    };
}
