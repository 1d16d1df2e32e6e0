using Starling.Protocol;

namespace Starling.Edge.Configuration;

/// <summary>How clients are sent away when the process is told to stop.</summary>
public sealed record DrainOptions
{
    /// <summary>How long new clients are still taken after readiness is gone, for load balancers to notice.</summary>
    public TimeSpan Delay { get; init; }

    /// <summary>The connections are closed evenly over this time, so that the other edges are not stormed; zero closes all at once.</summary>
    public TimeSpan Over { get; init; }

    /// <summary>What MQTT 5 clients are told.</summary>
    public DrainReason Reason { get; init; }

    /// <summary>Where MQTT 5 clients are to go (section 4.13 of MQTT 5), such as <c>mqtt2.example.com:8883</c>; null says nothing about it.</summary>
    public string? ServerReference { get; init; }

    internal ReasonCode ReasonCode => Reason switch
    {
        DrainReason.UseAnotherServer => ReasonCode.UseAnotherServer,
        DrainReason.ServerMoved => ReasonCode.ServerMoved,
        _ => ReasonCode.ServerShuttingDown,
    };
}

public enum DrainReason
{
    /// <summary>0x8B.</summary>
    ServerShuttingDown,

    /// <summary>0x9C: for now.</summary>
    UseAnotherServer,

    /// <summary>0x9D: for good.</summary>
    ServerMoved,
}
