using System.Text.Json.Serialization;
using Starling.Hosting.Configuration;

namespace Starling.Edge.Configuration;

/// <summary>Everything that an edge process is told when it starts. docs/configuration.md lists every setting.</summary>
public sealed record EdgeOptions
{
    /// <summary>Where clients come in; at least one.</summary>
    public IReadOnlyList<ListenerOptions> Listeners { get; init; } = [];

    /// <summary>Health, readiness and metrics over HTTP; null turns them off.</summary>
    public ManagementOptions? Management { get; init; } = new();

    /// <summary>The file that describes the tenants; null, unless they come from the database, is the built-in tenant <c>demo</c>.</summary>
    public string? TenantsFile { get; init; }

    /// <summary>The database that keeps what must outlive the process; null is memory.</summary>
    public StorageOptions? Storage { get; init; }

    /// <summary>The cluster that has the sessions and topics; null is this process alone.</summary>
    public ClusterOptions? Cluster { get; init; }

    /// <summary>Where the process keeps what it makes itself, such as the development certificate.</summary>
    public string DataDirectory { get; init; } = ".starling";

    public LimitOptions Limits { get; init; } = new();

    /// <summary>How long connections may take to end once the process is told to stop; the rest is aborted.</summary>
    public TimeSpan ShutdownTimeout { get; init; } = TimeSpan.FromSeconds(10);

    public DrainOptions Drain { get; init; } = new();

    /// <summary>How often certificate files are looked at for changes.</summary>
    public TimeSpan CertificateCheckInterval { get; init; } = TimeSpan.FromSeconds(10);

    public LoggingOptions Logging { get; init; } = new();

    /// <summary>Metrics, traces and logs by OpenTelemetry.</summary>
    public TelemetryOptions Telemetry { get; init; } = new();

    /// <summary>What relative file names are relative to: the folder of the configuration file, or the working directory.</summary>
    [JsonIgnore]
    public string BaseDirectory { get; init; } = Environment.CurrentDirectory;

    /// <summary>The full path of a file named in a setting.</summary>
    public string Resolve(string path) => Path.GetFullPath(path, BaseDirectory);
}
