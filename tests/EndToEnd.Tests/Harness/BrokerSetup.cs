using System.Text.Json;

namespace Starling.EndToEnd.Tests.Harness;

/// <summary>What a broker under test is started with.</summary>
internal sealed record BrokerSetup
{
    private static readonly string[] Listeners = ["tcp", "tls", "ws", "wss"];

    /// <summary>By listener name, and <c>management</c>; any free one for a name that is not in it.</summary>
    public IReadOnlyDictionary<string, int> Ports { get; init; } = new Dictionary<string, int>();

    public string Tenants { get; init; } = TenantsJson.Usual;

    /// <summary>Connection string of the database that the tenants are in; null when they are in the file.</summary>
    public string? TenantsDatabase { get; init; }

    /// <summary>Connection string of the database that the state is in; null when it is in memory, or the tenants are in one too.</summary>
    public string? Database { get; init; }

    /// <summary>What may wait for the database.</summary>
    public string QueueBytes { get; init; } = "64MiB";

    public string ShutdownTimeout { get; init; } = "10s";

    /// <summary>Whether it is an edge of the cluster that has the database.</summary>
    public bool IsEdge { get; init; }

    /// <summary>Where its certificate is.</summary>
    public string DataDirectory { get; init; } = "data";

    /// <summary>The log of others that it works with, for messages of failed tests.</summary>
    public Func<string> Background { get; init; } = () => "";

    /// <summary>Variables of the process's environment.</summary>
    public IReadOnlyDictionary<string, string> Environment { get; init; } = new Dictionary<string, string>();

    /// <summary>How many files it may have open; null for as many as this process.</summary>
    public int? OpenFiles { get; init; }

    /// <summary>The group <c>limits</c>. By itself it has patience with clients on a machine that is busy with other things.</summary>
    public object Limits { get; init; } = new { connectTimeout = "1m" };

    /// <summary>The four kinds of listener for tenant demo, and <c>any</c>, TCP, for tenants named by the user name.</summary>
    public string Configuration => JsonSerializer.Serialize(new
    {
        listeners = Listeners.Select(type => Listener(type, type, "demo")).Append(Listener("any", "tcp", null)),
        management = new { port = Ports.GetValueOrDefault("management") },
        tenantsFile = TenantsDatabase is null ? "tenants.json" : null,
        storage = (TenantsDatabase ?? Database) is not { } database ? null : new
        {
            connectionString = database,
            tenants = TenantsDatabase is not null,
            queueBytes = QueueBytes,
        },
        limits = Limits,
        shutdownTimeout = ShutdownTimeout,
        dataDirectory = DataDirectory,
        cluster = IsEdge ? new { } : null,
    });

    private object Listener(string name, string type, string? tenant) => new
    {
        name,
        type,
        port = Ports.GetValueOrDefault(name),
        tenant,
        tls = type is "tls" or "wss" ? new { developmentCertificate = true } : null,
    };
}
