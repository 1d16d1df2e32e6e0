using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Starling.EndToEnd.Tests.Harness;
using Starling.Testing;
using Starling.Testing.PostgreSql;

[assembly: AssemblyFixture(typeof(SharedPostgres))]

namespace Starling.Cluster.Tests.Processes;

/// <summary>Silos and edges as processes on loopback, with a database of their own. Ports are new each time.</summary>
internal sealed class RunningCluster : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly string _connectionString;
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("starling-cluster-");
    private readonly string _tenants;
    private readonly List<Node> _nodes = [];

    private RunningCluster(string connectionString)
    {
        _connectionString = connectionString;
        _tenants = Path.Combine(_folder.FullName, "tenants.json");
        File.WriteAllText(_tenants, """{ "tenants": { "acme": { "shards": 3, "anonymous": { "acl": [{ "allow": "all", "filter": "#" }] } } } }""");
    }

    public IReadOnlyList<Node> Silos => [.. _nodes.Where(node => node.Mqtt is null)];

    public IReadOnlyList<Node> Edges => [.. _nodes.Where(node => node.Mqtt is not null)];

    public static async Task<RunningCluster> StartAsync(SharedPostgres postgres, int silos, int edges)
    {
        var cluster = new RunningCluster(await postgres.CreateDatabaseAsync());
        try
        {
            await Task.WhenAll(Enumerable.Range(0, silos).Select(_ => cluster.StartSilo()).ToArray().Select(silo => cluster.ReadyAsync(silo)));
            await Task.WhenAll(Enumerable.Range(0, edges).Select(_ => cluster.StartEdge()).ToArray().Select(edge => cluster.ReadyAsync(edge)));
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

    public async Task<MqttTestClient> ConnectAsync(int edge, string clientId, bool cleanStart = true, uint? expiry = null, Protocol.Will? will = null)
    {
        var client = await MqttTestClient.OpenAsync(Edges[edge].Mqtt!);
        client.Patience = TimeSpan.FromSeconds(30);
        var answer = await client.ConnectAsync(new Protocol.ConnectPacket
        {
            ProtocolVersion = Protocol.ProtocolVersion.Mqtt5,
            ClientIdentifier = clientId,
            CleanStart = cleanStart,
            SessionExpiryInterval = expiry,
            Will = will,
        });
        answer.ReasonCode.ShouldBe(Protocol.ReasonCode.Success, Log());
        return client;
    }

    public string Log() => string.Concat(_nodes.Select(node => $"{node.Name}:\n{ChildProcess.Indent(node.Process.Output.Lines.TakeLast(40))}"));

    public async ValueTask DisposeAsync()
    {
        foreach (var node in _nodes)
            await node.Process.DisposeAsync();
        _folder.Delete(recursive: true);
    }

    private Node StartSilo()
    {
        var (silo, gateway, management) = (FreePort(), FreePort(), FreePort());
        return Start($"silo-{_nodes.Count}", Installation.Root, "Silo", "Starling.Silo.dll", null, management,
        [
            $"cluster.siloPort={silo}", $"cluster.gatewayPort={gateway}",
        ]);
    }

    private Node StartEdge()
    {
        var (mqtt, management) = (FreePort(), FreePort());
        return Start($"edge-{_nodes.Count}", Installation.Root, "Edge", "Starling.Edge.dll", new IPEndPoint(IPAddress.Loopback, mqtt), management,
        [
            "cluster={}", $$"""listeners=[{"type":"tcp","port":{{mqtt}},"tenant":"acme"}]""",
        ]);
    }

    private Node Start(string name, string root, string project, string assembly, IPEndPoint? mqtt, int management, string[] settings)
    {
        var framework = new DirectoryInfo(AppContext.BaseDirectory);
        var program = Path.Combine(root, project, "bin", framework.Parent!.Name, framework.Name, assembly);
        string[] all = [.. settings, $"management.port={management}", $"storage.connectionString={_connectionString}", $"tenantsFile={_tenants}"];
        var node = new Node(
            name, ChildProcess.Start("dotnet", [program, .. all.SelectMany(setting => new[] { "--set", setting })], folder: _folder.FullName), mqtt, management);
        _nodes.Add(node);
        return node;
    }

    private async Task ReadyAsync(Node node)
    {
        using var http = new HttpClient();
        using var patience = new CancellationTokenSource(Patience);
        var url = string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{node.Management}/readyz");
        using var pause = new PeriodicTimer(TimeSpan.FromMilliseconds(50));
        while (!patience.IsCancellationRequested)
        {
            try
            {
                using var answer = await http.GetAsync(new Uri(url), patience.Token);
                if (answer.IsSuccessStatusCode)
                    return;
            }
            catch (Exception error) when (error is HttpRequestException or OperationCanceledException)
            {
                // It does not listen yet.
            }

            await pause.WaitForNextTickAsync(CancellationToken.None);
        }

        throw new ShouldAssertException($"{node.Name} is not ready after a minute\n{Log()}");
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
