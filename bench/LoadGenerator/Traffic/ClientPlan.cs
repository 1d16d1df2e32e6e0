namespace Starling.LoadGenerator.Traffic;

/// <summary>What a client does once it is connected.</summary>
internal sealed record ClientPlan
{
    public required string ClientId { get; init; }

    /// <summary>The session outlives the connection.</summary>
    public bool KeepsSession { get; init; }

    /// <summary>Filters to subscribe to; null for none.</summary>
    public string[]? Filters { get; init; }

    public int QoS { get; init; }

    public Publisher? Publisher { get; init; }

    /// <summary>The publishers that it gets messages of, by their number less <see cref="FirstPublisher"/>.</summary>
    public InboundStream[] Streams { get; init; } = [];

    public int FirstPublisher { get; init; }
}
