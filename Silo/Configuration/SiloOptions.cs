using System.Text.Json.Serialization;
using Starling.Hosting.Configuration;

namespace Starling.Silo.Configuration;

/// <summary>Everything that a silo is told when it starts.</summary>
public sealed record SiloOptions
{
    /// <summary>Its name in logs; null is the machine's, and the port.</summary>
    public string? Name { get; init; }

    public SiloClusterOptions Cluster { get; init; } = new();

    /// <summary>The database of the cluster.</summary>
    public required StorageOptions Storage { get; init; }

    /// <summary>The file that describes the tenants, the same on all edges and silos; null when they come from the database.</summary>
    public string? TenantsFile { get; init; }

    /// <summary>Health, readiness and metrics over HTTP; null turns them off.</summary>
    public SiloManagementOptions? Management { get; init; } = new();

    /// <summary>How long the silo may take to hand its sessions and shards over when it is told to stop.</summary>
    public TimeSpan ShutdownTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How many sessions and shards it lets go per second when other silos have joined.</summary>
    public int MovesPerSecond { get; init; } = 200;

    public LoggingOptions Logging { get; init; } = new();

    /// <summary>Metrics, traces and logs by OpenTelemetry.</summary>
    public TelemetryOptions Telemetry { get; init; } = new();

    /// <summary>What relative file names are relative to: the folder of the configuration file, or the working directory.</summary>
    [JsonIgnore]
    public string BaseDirectory { get; init; } = Environment.CurrentDirectory;

    /// <summary>The full path of a file named in a setting.</summary>
    public string Resolve(string path) => Path.GetFullPath(path, BaseDirectory);
}
