using Starling.Protocol;

namespace Starling.Simulation.Clients;

/// <summary>What a simulated client is and does.</summary>
internal sealed record ClientPlan
{
    public required string Tenant { get; init; }

    public required string ClientId { get; init; }

    public ProtocolVersion Version { get; init; } = ProtocolVersion.Mqtt5;

    /// <summary>Seconds; 0 is a session that ends with its connection. Before MQTT 5 anything else never ends.</summary>
    public uint ExpirySeconds { get; init; }

    public bool IsDurable => ExpirySeconds > 0;

    public ushort KeepAlive { get; init; }

    public ushort ReceiveMaximum { get; init; } = 100;

    public IReadOnlyList<(string Filter, QualityOfService QoS)> Subscriptions { get; init; } = [];

    /// <summary>Where it publishes; nothing when empty.</summary>
    public IReadOnlyList<string> Topics { get; init; } = [];

    /// <summary>Milliseconds between its messages, on average.</summary>
    public double Pace { get; init; } = 50;

    /// <summary>Bytes of payload, at most.</summary>
    public int Size { get; init; } = 8;

    public IReadOnlyList<QualityOfService> QoS { get; init; } = [QualityOfService.AtLeastOnce];

    /// <summary>Whether its messages are retained.</summary>
    public bool Retains { get; init; }

    public WillPlan? Will { get; init; }

    /// <summary>Milliseconds between whims (leaving, vanishing, moving, subscribing anew), on average; 0 for a client that has none.</summary>
    public double Restlessness { get; init; }

    /// <summary>Milliseconds until it acknowledges, at most.</summary>
    public double AckDelay { get; init; }

    /// <summary>Whether it stops reading now and then.</summary>
    public bool IsSlow { get; init; }
}

internal sealed record WillPlan(string Topic, QualityOfService QoS, uint DelaySeconds);
