using System.Text.Json.Serialization;

namespace Starling.Hosting.Configuration;

/// <summary>The PostgreSQL database that keeps what must outlive the process.</summary>
public sealed record StorageOptions
{
    /// <summary>As Npgsql takes it. It may hold a password, so it is never shown.</summary>
    public required string ConnectionString { get; init; }

    /// <summary>Tenants come from the database; there is no tenants file then.</summary>
    public bool Tenants { get; init; }

    /// <summary>Connections that read; a few others come on top.</summary>
    public int MaximumConnections { get; init; } = 8;

    /// <summary>How long a start waits for a server that does not answer.</summary>
    public TimeSpan StartTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>What may wait to be written, in bytes.</summary>
    [JsonConverter(typeof(ByteSizeConverter))]
    public int QueueBytes { get; init; } = 64 * 1024 * 1024;

    /// <summary>Whether the start brings the schema up to date; otherwise it waits until somebody has. Edges of a cluster always wait.</summary>
    public bool Migrate { get; init; } = true;

    /// <summary>Without the connection string.</summary>
    public override string ToString() =>
        $"{nameof(StorageOptions)} {{ {MaximumConnections} connections, start timeout {StartTimeout}, queue of {QueueBytes} bytes }}";
}
