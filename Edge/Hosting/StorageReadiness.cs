using Starling.Edge.Management;
using Starling.Storage.PostgreSql;

namespace Starling.Edge.Hosting;

/// <summary>Not ready while the database may be another broker's.</summary>
internal sealed class StorageReadiness(SingleBroker broker) : IReadinessCheck
{
    public string Name => "storage";

    public string? NotReadyReason => broker.State switch
    {
        SingleBrokerState.Held => null,
        SingleBrokerState.TakenByAnother => "another broker uses the database",
        _ => "no connection to the database",
    };
}
