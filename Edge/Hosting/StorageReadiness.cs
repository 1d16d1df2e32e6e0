using Starling.Hosting.Management;
using Starling.Storage.PostgreSql;
using Starling.Storage.PostgreSql.Writing;

namespace Starling.Edge.Hosting;

/// <summary>Not ready while another broker may have the database, or it takes no writes.</summary>
internal sealed class StorageReadiness(SingleBroker broker, GroupCommit writer) : IReadinessCheck
{
    public string Name => "storage";

    public string? NotReadyReason => broker.State switch
    {
        SingleBrokerState.Held when writer.Problem is { } problem => $"PostgreSQL takes no writes: {problem}",
        SingleBrokerState.Held => null,
        SingleBrokerState.TakenByAnother => "another broker uses the database",
        _ => "no connection to the database",
    };
}
