using Starling.Protocol;

namespace Starling.Durability.Clients;

/// <param name="Number">In its messages, <see cref="History.MessageId.Publisher"/>.</param>
/// <param name="Topics">What it publishes to, each message to any of them.</param>
/// <param name="QoS">Each message at any of them.</param>
/// <param name="Window">How many messages may be unacknowledged.</param>
internal sealed record PublisherPlan(
    ushort Number, string Name, ProtocolVersion Version, IReadOnlyList<string> Topics, IReadOnlyList<QualityOfService> QoS, int Window)
{
    /// <summary>Its session ends with its connection, and with it what was not acknowledged.</summary>
    public bool IsClean { get; init; }

    /// <summary>Takes the lowest free packet identifier, so that they are used again soon; otherwise they go round.</summary>
    public bool ReusesIdentifiers { get; init; }
}
