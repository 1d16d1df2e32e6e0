using Microsoft.Extensions.Logging;
using Starling.Broker.Contracts;
using Starling.Broker.Sessions;
using Starling.Broker.Tenants;
using Starling.Broker.Time;
using Starling.Cluster.Edges;
using Starling.Cluster.Links;
using Starling.Cluster.Silos;
using Starling.Simulation.Engine;
using Starling.Simulation.Store;

namespace Starling.Simulation.Nodes;

/// <summary>A silo: sessions, shards and the directory, made when somebody calls them, as grains are.</summary>
internal sealed class SimulatedSilo
{
    private readonly Dictionary<string, Hosted> _hosted = new(StringComparer.Ordinal);
    private readonly Common _common;
    private readonly Activations _activations;
    private readonly IEdgeTable _edges;
    private readonly LiveEdges _live;
    private readonly OwnerFactory _owners;
    private readonly SessionSweep[] _sweeps;

    public SimulatedSilo(NodeProcess process, Common common, SimulatedEngine engine, Activations activations)
    {
        (Process, _common, _activations) = (process, common, activations);
        var clock = process.Clock;
        var directory = common.NewDirectory(clock);
        var connection = new StoreConnection(common.Database, process);
        var retained = new SimulatedRetainedStore(connection);
        var sessions = new SimulatedSessionStore(connection);
        var links = new LinkOptions();
        _edges = new SimulatedEdgeTable(connection);
        _live = new LiveEdges(process.Name, engine.Directory, links, clock, common.Loggers.CreateLogger<LiveEdges>());
        _owners = new OwnerFactory(new SiloServices(
            process.Name,
            engine,
            _live,
            directory,
            retained,
            retained,
            sessions,
            new SimulatedInboxStore(connection),
            new ClientIdCollisions(clock, common.TenantMetrics, common.Loggers.CreateLogger<ClientIdCollisions>()),
            new DelayQueue(clock, common.Loggers.CreateLogger<DelayQueue>()),
            common.Metrics,
            links,
            common.NewGuid,
            clock,
            common.Loggers));
        // Every silo sees to all parts: more than the cluster needs, and none the worse for it.
        _sweeps = [.. Enumerable.Range(0, 2).Select(part => new SessionSweep(
            sessions,
            directory,
            key => engine.Session(key.Tenant, key.ClientId),
            () => [.. _live.Known.Select(entry => entry.EdgeId)],
            clock,
            common.Loggers.CreateLogger<SessionSweep>(),
            part,
            parts: 2))];
        foreach (var sweep in _sweeps)
            sweep.Start();
    }

    public NodeProcess Process { get; }

    /// <summary>When the others know that it is dead.</summary>
    public TimeSpan NoticedAt { get; private set; }

    public int Count => _hosted.Count;

    public Endpoint EndpointOf(string key)
    {
        if (!_hosted.TryGetValue(key, out var hosted))
            _hosted.Add(key, hosted = Make(key));
        return hosted.Endpoint;
    }

    /// <summary>Whether the object may go elsewhere while both processes live.</summary>
    public bool MayMove(string key) => !_hosted.TryGetValue(key, out var hosted) || hosted.MayMove?.Invoke() != false;

    /// <summary>The object ends here; it writes what it has to, and whoever still calls it is sent on.</summary>
    public void Deactivate(string key)
    {
        if (_hosted.Remove(key, out var hosted))
            _ = EndAsync(key, hosted);
    }

    public void Kill()
    {
        Process.Kill();
        NoticedAt = _common.Scheduler.Now + _common.Dice.Span(50, 4000);
    }

    /// <summary>It is told to end: its objects go elsewhere, then it is gone.</summary>
    public void Leave()
    {
        Process.IsLeaving = true;
        _activations.Evacuate(this, _ => true);
        _common.Scheduler.After(_common.Dice.Span(200, 2000), () =>
        {
            _activations.Evacuate(this, _ => true);
            Process.Kill();
            NoticedAt = _common.Scheduler.Now;
        });
    }

    private async Task EndAsync(string key, Hosted hosted)
    {
        try
        {
            await hosted.EndAsync().ConfigureAwait(false);
        }
        catch (Exception error)
        {
            _common.Trace.Note(Process.Name, $"{key} did not end well: {error.Message}");
        }
    }

    private Hosted Make(string key)
    {
        if (key == Activations.DirectoryKey)
        {
            var directory = new EdgeDirectory(_edges, Process.Clock);
            return new Hosted(new Endpoint(Process, key, directory), () => Task.CompletedTask);
        }

        var parts = key.Split('/', 3);
        return parts[0] == "shard" ? Shard(key, parts[1], int.Parse(parts[2], System.Globalization.CultureInfo.InvariantCulture)) : Session(key, parts[1], parts[2]);
    }

    private Hosted Shard(string key, string tenant, int number)
    {
        var shard = _owners.Shard(tenant, number, outOfDate: () =>
        {
            _activations.Forget(this, key);
            Deactivate(key);
        });
        _ = shard.StartAsync();
        return new Hosted(new Endpoint(Process, key, shard), () => shard.DisposeAsync().AsTask());
    }

    private Hosted Session(string key, string tenant, string clientId)
    {
        var session = _owners.Session(new SessionKey(tenant, clientId), (idle, _) => idle.TryRelease(() =>
        {
            _activations.Forget(this, key);
            _hosted.Remove(key);
        }));
        return new Hosted(new Endpoint(Process, key, session), session.ReleaseAsync, () => session.MayBeReleased);
    }

    private sealed record Hosted(Endpoint Endpoint, Func<Task> EndAsync, Func<bool>? MayMove = null);
}
