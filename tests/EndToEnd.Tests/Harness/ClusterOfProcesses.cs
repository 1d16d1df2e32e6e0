using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Starling.Testing.PostgreSql;

namespace Starling.EndToEnd.Tests.Harness;

/// <summary>Silos and edges, each a process, with a database of their own. Clients take the edges in turn.</summary>
internal sealed class ClusterOfProcesses : IAsyncDisposable
{
    private readonly SharedPostgres _postgres = new();
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("starling-silos-");
    private readonly List<ChildProcess> _silos = [];
    private readonly List<BrokerProcess> _edges = [];

    /// <summary>The edge that tests know; its clients may come to any other.</summary>
    public BrokerProcess Edge => _edges[0];

    private string Story => string.Concat(_silos.Select((silo, i) => $"silo {i}:\n{ChildProcess.Indent(silo.Output.Lines.TakeLast(50))}"));

    public static async Task<ClusterOfProcesses> StartAsync(int silos, int edges)
    {
        var cluster = new ClusterOfProcesses();
        try
        {
            await cluster.BecomeReadyAsync(silos, edges);
            return cluster;
        }
        catch
        {
            await cluster.DisposeAsync();
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var edge in _edges.Reverse<BrokerProcess>())
            await edge.DisposeAsync();
        foreach (var silo in _silos)
            await silo.DisposeAsync();
        await _postgres.DisposeAsync();
        _folder.Delete(recursive: true);
    }

    private async Task BecomeReadyAsync(int silos, int edges)
    {
        var setup = new BrokerSetup { Database = await _postgres.CreateDatabaseAsync(), IsEdge = true };
        // Edges wait for a silo, and take the tenants' file and the development certificate of the first one.
        var first = BrokerProcess.StartAsync(setup with { Background = () => Story });
        var tenants = Path.Combine(_folder.FullName, "tenants.json");
        await File.WriteAllTextAsync(tenants, setup.Tenants);
        for (var i = 0; i < silos; i++)
            _silos.Add(StartSilo(setup.Database, tenants));
        _edges.Add(await first);
        for (var i = 1; i < edges; i++)
            _edges.Add(await BrokerProcess.StartAsync(setup with { DataDirectory = Path.Combine(Edge.Folder, "data"), Background = () => Story }));
        Edge.ServeTogetherWith(_edges.Skip(1));
        foreach (var silo in _silos)
            await silo.LineAsync("The silo serves at");
    }

    private static ChildProcess StartSilo(string database, string tenants)
    {
        string[] settings =
        [
            $"cluster.siloPort={FreePort()}", $"cluster.gatewayPort={FreePort()}", "management.port=0", $"storage.connectionString={database}",
            $"tenantsFile={tenants}",
        ];
        return ChildProcess.Start("dotnet", [Installation.Silo, .. settings.SelectMany(setting => new[] { "--set", setting })]);
    }

    private static string FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port.ToString(CultureInfo.InvariantCulture);
    }
}
