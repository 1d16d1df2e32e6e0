using Starling.Protocol;

namespace Starling.Durability.History;

/// <summary>A subscriber and what it is to get.</summary>
/// <param name="Filters">What it subscribes to besides the barrier.</param>
/// <param name="QoS">Of all its subscriptions.</param>
/// <param name="Direct">Topics whose messages it gets itself.</param>
internal sealed record SubscriberPlan(string Name, ProtocolVersion Version, QualityOfService QoS, IReadOnlyList<string> Filters, IReadOnlyList<string> Direct)
{
    /// <summary>The shared subscription that it is a member of.</summary>
    public string? Group { get; init; }

    /// <summary>Topics whose messages one member of the group gets.</summary>
    public IReadOnlyList<string> Shared { get; init; } = [];

    /// <summary>Its session ends with its connection: it gets what is published while that stands.</summary>
    public bool IsClean { get; init; }

    public bool Gets(string topic) => topic == Topics.Barrier || Direct.Contains(topic);

    public bool GetsWills => Filters.Contains(Topics.Wills + "#");

    /// <summary>0 for the protocol's 65535; otherwise MQTT 5's Receive Maximum.</summary>
    public ushort ReceiveMaximum { get; init; }
}
