using System.Net.Sockets;
using System.Net;
using Starling.Testing.Processes;

namespace Starling.Durability.Faults;

/// <summary>Silos and edges, each a process, on one database. Clients connect to any edge that runs.</summary>
internal sealed class ClusterTarget : ITarget
{
    private readonly IReadOnlyList<NodeProcess> _silos;
    private readonly IReadOnlyList<NodeProcess> _edges;

    public ClusterTarget(RunOptions options, string connectionString)
    {
        Tenants.Write(options.Folder);
        var cluster = new { clusterId = "durability" };
        var storage = new { connectionString };
        _silos = [.. Enumerable.Range(1, options.Silos).Select(number => new NodeProcess($"silo{number}", Repository.Program("Silo"), options.Folder, _ => new
        {
            // New ones at each start: answers to a silo that is gone must not come to its successor.
            cluster = new { cluster.clusterId, siloPort = FreePort(), gatewayPort = FreePort() },
            storage,
            management = (object?)null,
            tenantsFile = Tenants.File,
        }))];
        _edges = [.. Enumerable.Range(1, options.Edges).Select(number => new NodeProcess($"edge{number}", Repository.Program("Edge"), options.Folder, port => new
        {
            cluster,
            storage,
            listeners = new[] { new { type = "tcp", port, tenant = "demo" } },
            management = (object?)null,
            tenantsFile = Tenants.File,
            dataDirectory = $"edge{number}",
        }))];
    }

    public async Task StartAsync()
    {
        await StartAsync(_silos);
        await StartAsync(_edges);
    }

    public int Port()
    {
        var running = _edges.Where(edge => edge.IsRunning).ToList();
        return (running.Count > 0 ? running[Random.Shared.Next(running.Count)] : _edges[0]).Port;
    }

    public Task<string> StrikeAsync(FaultKind kind, Random random, Action cutOff) => kind switch
    {
        FaultKind.Silo => KillAsync(_silos, random, cutOff),
        FaultKind.Edge => KillAsync(_edges, random, cutOff),
        FaultKind.Rolling => RollAsync(),
        _ => KillAsync([.. _silos, .. _edges], random, cutOff),
    };

    public async ValueTask DisposeAsync()
    {
        foreach (var node in _edges.Concat(_silos))
            await node.DisposeAsync();
    }

    private static int FreePort()
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return ((IPEndPoint)socket.LocalEndPoint!).Port;
    }

    private static async Task StartAsync(IEnumerable<NodeProcess> nodes)
    {
        var starting = nodes.ToList();
        starting.ForEach(node => node.Start());
        await Task.WhenAll(starting.Select(node => node.ReadyAsync()));
    }

    private static async Task<string> KillAsync(IReadOnlyList<NodeProcess> nodes, Random random, Action cutOff)
    {
        var node = nodes[random.Next(nodes.Count)];
        await node.KillAsync();
        cutOff();
        var away = random.Next(0, 6000);
        await Task.Delay(away);
        await StartAsync([node]);
        return $"{node.Name} killed, started again after {away} ms";
    }

    private async Task<string> RollAsync()
    {
        foreach (var node in _silos.Concat(_edges))
        {
            await node.StopAsync();
            await StartAsync([node]);
        }

        return "every node restarted";
    }
}
