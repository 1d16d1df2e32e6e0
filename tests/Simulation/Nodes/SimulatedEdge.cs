using Microsoft.Extensions.Logging;
using Starling.Broker.Contracts;
using Starling.Broker.Tenants;
using Starling.Edge.Configuration;
using Starling.Edge.Connections;
using Starling.Edge.Nodes;
using Starling.Edge.SysTopics;
using Starling.Edge.Transports;
using Starling.Simulation.Transport;

namespace Starling.Simulation.Nodes;

/// <summary>An edge: the real one, with connections that are made by hand.</summary>
internal sealed class SimulatedEdge
{
    private readonly Common _common;
    private readonly EdgeServices _services;
    private readonly ClientHandler _handler;
    private readonly List<ClientLink> _links = [];
    private readonly CancellationTokenSource _drain = new();
    private int _accepted;

    /// <param name="process">Where it runs.</param>
    /// <param name="common">What all are made with.</param>
    /// <param name="directory">The tenants, as this process has them.</param>
    /// <param name="node">Its connections.</param>
    /// <param name="cluster">Who has the rest.</param>
    public SimulatedEdge(NodeProcess process, Common common, TenantDirectory directory, EdgeNode node, ICluster cluster)
    {
        (Process, _common, Node) = (process, common, node);
        _services = new EdgeServices(
            node,
            cluster,
            new TenantResolver(directory),
            common.Authenticator,
            new UndividedQuotas(),
            new KeepAliveWheel(process.Clock, common.Loggers.CreateLogger<KeepAliveWheel>()),
            new SysTopicSource(process.Clock),
            new RefusalLines(process.Clock, common.Loggers.CreateLogger<RefusalLines>()),
            new ReadTurns(process.Clock, new IdleThreadPool()),
            new EdgeOptions(),
            process.Clock,
            common.Loggers.CreateLogger<ClientConnection>());
        _handler = new ClientHandler(_services, common.Loggers.CreateLogger<ClientHandler>());
    }

    public NodeProcess Process { get; }

    public EdgeNode Node { get; }

    public int OpenLinks => _links.Count(link => link.IsOpen);

    public ClientLink Accept(ILinkClient client, string tenant, int window)
    {
        var link = new ClientLink($"{Process.Name}-{++_accepted}", Process.Name, _common.Scheduler, _common.Dice.Fork(), client, window);
        _links.RemoveAll(l => !l.IsOpen);
        _links.Add(link);
        var listener = new ListenerOptions { Name = "sim", Type = ListenerType.Tcp, Port = 0, Tenant = tenant };
        // As the listener has it: who sends no CONNECT is not waited for.
        _common.Scheduler.After(_services.Options.Limits.ConnectTimeout, () =>
        {
            if (!link.IsEstablished)
                link.Abort();
        });
        link.Serve(_handler.ServeAsync(new ClientTransport(link, listener, link), _drain.Token));
        return link;
    }

    /// <summary>It dies with its connections.</summary>
    public void Kill()
    {
        Process.Kill();
        // Either the operating system tells the clients, or nobody does.
        var silent = _common.Dice.Chance(0.3);
        foreach (var link in _links)
            link.Kill(silent ? _common.Dice.Span(500, 8000) : _common.Dice.Span(0.5, 20));
    }

    /// <summary>It is told to end: clients are sent away.</summary>
    /// <returns>Done when they have been.</returns>
    public async Task DrainAsync()
    {
        Process.IsLeaving = true;
        await _drain.CancelAsync().ConfigureAwait(false);
        await new ConnectionDrain(Node, _services.Options.Drain, Process.Clock).RunAsync().ConfigureAwait(false);
    }
}
