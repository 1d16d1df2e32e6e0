using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Starling.EndToEnd.Tests.Harness;
using Starling.Protocol;
using Starling.Testing;
using Starling.Testing.PostgreSql;

[assembly: AssemblyFixture(typeof(SharedPostgres))]

namespace Starling.Silo.Tests.Processes;

/// <summary>Silos and edges as processes on loopback, with a database of their own. Ports are new each time.</summary>
internal sealed class RunningCluster : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    private readonly ClusterPlan _plan;
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("starling-cluster-");
    private readonly List<Node> _nodes = [];

    private RunningCluster(ClusterPlan plan, string connectionString)
    {
        _plan = plan;
        ConnectionString = connectionString;
        if (plan.Tenants is not null)
            File.WriteAllText(TenantsFile, plan.Tenants);
        if (plan.SiloTenants is not null)
            File.WriteAllText(SiloTenantsFile, plan.SiloTenants);
    }

    public string ConnectionString { get; }

    public IReadOnlyList<Node> Silos => [.. _nodes.Where(node => node.Mqtt is null)];

    public IReadOnlyList<Node> Edges => [.. _nodes.Where(node => node.Mqtt is not null)];

    public string SiloTenantsFile => Path.Combine(_folder.FullName, "silo-tenants.json");

    private string TenantsFile => Path.Combine(_folder.FullName, "tenants.json");

    public static Task<RunningCluster> StartAsync(SharedPostgres postgres, int silos, int edges) =>
        StartAsync(postgres, new ClusterPlan { Silos = silos, Edges = edges });

    public static async Task<RunningCluster> StartAsync(SharedPostgres postgres, ClusterPlan plan)
    {
        var cluster = new RunningCluster(plan, await postgres.CreateDatabaseAsync());
        try
        {
            await Task.WhenAll(Enumerable.Range(0, plan.Silos).Select(_ => cluster.StartSilo()).ToArray().Select(silo => cluster.ReadyAsync(silo)));
            await Task.WhenAll(Enumerable.Range(0, plan.Edges).Select(_ => cluster.StartEdge()).ToArray().Select(edge => cluster.ReadyAsync(edge)));
            return cluster;
        }
        catch
        {
            await cluster.DisposeAsync();
            throw;
        }
    }

    public async Task<Node> AddSiloAsync()
    {
        var silo = StartSilo();
        await ReadyAsync(silo);
        return silo;
    }

    /// <summary>Does not wait until it is ready.</summary>
    /// <param name="settings">On top of the plan's.</param>
    public Node StartSilo(params string[] settings)
    {
        var (silo, gateway, management) = (FreePort(), FreePort(), FreePort());
        return Start($"silo-{_nodes.Count}", "Silo", null, management,
            [$"cluster.siloPort={silo}", $"cluster.gatewayPort={gateway}", .. _plan.Settings, .. _plan.SiloSettings, .. settings]);
    }

    /// <inheritdoc cref="StartSilo"/>
    public Node StartEdge(params string[] settings)
    {
        var (mqtt, management) = (FreePort(), FreePort());
        return Start($"edge-{_nodes.Count}", "Edge", new IPEndPoint(IPAddress.Loopback, mqtt), management,
            ["cluster={}", $$"""listeners=[{"type":"tcp","port":{{mqtt}},"tenant":"acme"}]""", .. _plan.Settings, .. _plan.EdgeSettings, .. settings]);
    }

    /// <summary>Connects or fails.</summary>
    public async Task<MqttTestClient> ConnectAsync(
        int edge, string clientId, bool cleanStart = true, uint? expiry = null, Will? will = null, ushort? receiveMaximum = null)
    {
        var (client, answer) = await TryConnectAsync(edge, clientId, cleanStart, expiry, will, receiveMaximum);
        answer.ReasonCode.ShouldBe(ReasonCode.Success, Log());
        return client;
    }

    public async Task<(MqttTestClient Client, ConnAckPacket Answer)> TryConnectAsync(
        int edge,
        string clientId,
        bool cleanStart = true,
        uint? expiry = null,
        Will? will = null,
        ushort? receiveMaximum = null,
        ProtocolVersion version = ProtocolVersion.Mqtt5)
    {
        var client = await MqttTestClient.OpenAsync(Edges[edge].Mqtt!, version);
        client.Patience = ChildProcess.Patience;
        var answer = await client.ConnectAsync(new ConnectPacket
        {
            ProtocolVersion = version,
            ClientIdentifier = clientId,
            CleanStart = cleanStart,
            SessionExpiryInterval = expiry,
            ReceiveMaximum = receiveMaximum,
            Will = will,
        });
        return (client, answer);
    }

    /// <summary>The answer of <c>/readyz</c>; null when nobody listens.</summary>
    public static async Task<HttpStatusCode?> ReadinessAsync(Node node)
    {
        using var http = new HttpClient { Timeout = TimeSpan.FromSeconds(10) };
        try
        {
            using var answer = await http.GetAsync(new Uri(string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{node.Management}/readyz")));
            return answer.StatusCode;
        }
        catch (Exception error) when (error is HttpRequestException or OperationCanceledException)
        {
            return null;
        }
    }

    public async Task ReadyAsync(Node node)
    {
        using var patience = new CancellationTokenSource(Patience);
        using var pause = new PeriodicTimer(TimeSpan.FromMilliseconds(50));
        while (!patience.IsCancellationRequested)
        {
            if (await ReadinessAsync(node) == HttpStatusCode.OK)
                return;
            await pause.WaitForNextTickAsync(CancellationToken.None);
        }

        throw new ShouldAssertException($"{node.Name} is not ready in time\n{Log()}");
    }

    public string Log() => string.Concat(_nodes.Select(node => $"{node.Name}:\n{ChildProcess.Indent(node.Process.Output.Lines.TakeLast(40))}"));

    public async ValueTask DisposeAsync()
    {
        foreach (var node in _nodes)
            await node.Process.DisposeAsync();
        _folder.Delete(recursive: true);
    }

    private Node Start(string name, string project, IPEndPoint? mqtt, int management, string[] settings)
    {
        var framework = new DirectoryInfo(AppContext.BaseDirectory);
        var program = Path.Combine(Installation.Root, project, "bin", framework.Parent!.Name, framework.Name, $"Starling.{project}.dll");
        string[] all =
        [
            .. settings, $"management.port={management}", $"storage.connectionString={ConnectionString}",
            _plan.Tenants is null ? "storage.tenants=true"
                : $"tenantsFile={(mqtt is null && _plan.SiloTenants is not null ? SiloTenantsFile : TenantsFile)}",
        ];
        var process = ChildProcess.Start("dotnet", [program, .. all.SelectMany(setting => new[] { "--set", setting })], Log, _folder.FullName);
        var node = new Node(name, process, mqtt, management);
        _nodes.Add(node);
        return node;
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}

/// <param name="Mqtt">Null for a silo.</param>
internal sealed record Node(string Name, ChildProcess Process, IPEndPoint? Mqtt, int Management);
