using System.Text.Json.Serialization;
using Starling.Hosting.Configuration;

namespace Starling.Edge.Configuration;

/// <summary>What a connection may take before and after its CONNECT. Sizes are in bytes.</summary>
public sealed record LimitOptions
{
    /// <summary>From accept to the accepted CONNECT, with PROXY header, TLS and WebSocket handshake in it.</summary>
    public TimeSpan ConnectTimeout { get; init; } = TimeSpan.FromSeconds(10);

    [JsonConverter(typeof(ByteSizeConverter))]
    public int MaximumConnectPacketSize { get; init; } = 64 * 1024;

    /// <summary>Connections without an accepted CONNECT per IPv4 address or IPv6 /64 network.</summary>
    public int HalfOpenPerAddress { get; init; } = 100;

    /// <summary>Connections without an accepted CONNECT, all together.</summary>
    public int MaximumHalfOpen { get; init; } = 10_000;

    public int MaximumConnections { get; init; } = 1_000_000;

    /// <summary>How long a client's connection is silent before TCP asks whether the client is still there; zero for never.</summary>
    public TimeSpan TcpKeepAlive { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>Percent of the available memory, of container or machine, beyond which the connections that hold most are closed.</summary>
    public int MemoryWatermark { get; init; } = 80;

    /// <summary>What may wait to be sent to one client before its messages are dropped or it is disconnected.</summary>
    [JsonConverter(typeof(ByteSizeConverter))]
    public int OutgoingQueueBytes { get; init; } = 1024 * 1024;
}
