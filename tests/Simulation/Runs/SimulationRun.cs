using Starling.Broker.Tenants.Authentication;
using Starling.Protocol;
using Starling.Simulation.Checks;
using Starling.Simulation.Clients;
using Starling.Simulation.History;
using Starling.Simulation.Nodes;
using Starling.Simulation.Scenarios;
using Starling.Simulation.Store;
using Starling.Simulation.Time;

namespace Starling.Simulation.Runs;

/// <summary>
/// One seed: a time in which clients are busy and things go wrong, a time in which all comes to rest, and then a message of each QoS to each
/// topic, by which it is seen whether everything is as it should be.
/// </summary>
internal sealed class SimulationRun : IDisposable
{
    private static readonly TimeSpan LongestRest = TimeSpan.FromSeconds(120);

    /// <summary>An edge that died is noticed, its sessions are seen to, and the longest delay of a will passes.</summary>
    private static readonly TimeSpan ShortestRest = TimeSpan.FromSeconds(22);

    private readonly ulong _seed;
    private readonly Dice _dice;
    private readonly Trace _trace;
    private readonly Scheduler _scheduler;
    private readonly Common _common;
    private readonly RunHistory _history;
    private readonly List<SimulatedClient> _clients = [];
    private readonly IWorld _world;

    public SimulationRun(ulong seed, RunOptions options, Authenticator authenticator)
    {
        _seed = seed;
        _dice = new Dice(seed * 0xD1B54A32D192ED03);
        _trace = new Trace(options.KeepsTrace);
        _scheduler = new Scheduler(_trace);
        _history = new RunHistory(_scheduler, _trace);
        var database = new Database(_scheduler, _dice.Fork(), _trace, options.Broken.Flaws());
        _common = new Common(_scheduler, _dice.Fork(), _trace, database, authenticator);
        _world = World(options);
    }

    public async Task<Outcome> RunAsync()
    {
        try
        {
            await GoThroughAsync().ConfigureAwait(false);
        }
        catch (Exception error)
        {
            _history.Violate(error.ToString());
        }

        return new Outcome(_seed, _trace.Hash, _scheduler.Steps, _history.Messages.Count, _history.Violations, _trace.Lines);
    }

    public void Dispose() => _common.Dispose();

    /// <summary>One seed in five is a broker of one process, which comes back after a crash.</summary>
    private IWorld World(RunOptions options)
    {
        if (_dice.Chance(0.2))
            return new StandaloneWorld(_common);
        var world = new ClusterWorld(_common, _dice.Fork());
        world.Network.Interceptor = options.Broken.Interceptor();
        world.Network.PretendsTransfers = options.Broken == BrokenRule.LostTransfersAreNotRepeated;
        return world;
    }

    private async Task GoThroughAsync()
    {
        await _scheduler.RunAsync(TimeSpan.FromSeconds(30), () => _world.IsReady).ConfigureAwait(false);
        foreach (var tenant in Common.Tenants)
        {
            var dice = _dice.Fork();
            foreach (var plan in new Crowd(tenant, dice).Make())
                Add(plan);
        }

        var busyUntil = _scheduler.Now + _dice.Span(3000, 9000);
        _world.PlanFaults(_dice.Fork(), _scheduler.Now + TimeSpan.FromSeconds(0.5), busyUntil);
        await _scheduler.RunAsync(busyUntil).ConfigureAwait(false);

        _trace.Add("run", "calms down");
        _world.Heal();
        foreach (var client in _clients)
            client.CalmDown();
        await _scheduler.RunAsync(busyUntil + ShortestRest).ConfigureAwait(false);
        await _scheduler.RunAsync(busyUntil + LongestRest, IsSettled).ConfigureAwait(false);
        if (!IsSettled())
            _history.Violate($"no rest: {string.Join(", ", _clients.Where(c => !c.IsSettled).Select(c => c.State))}");

        var facts = new RunFacts(_scheduler.Now, _world.Faults);
        var readers = await ProbeAsync().ConfigureAwait(false);
        foreach (var violation in Rules.Check(_history, facts).Concat(readers.SelectMany(reader => Retained(reader))).Concat(_world.Check()))
            _history.Violate(violation);
    }

    private bool IsSettled() => _clients.TrueForAll(client => client.IsSettled);

    private IEnumerable<string> Retained(SimulatedClient reader) => reader.Session is { } session
        ? RetainedRule.Check(_history, session)
        : ["the reader of retained messages has no session"];

    private SimulatedClient Add(ClientPlan plan)
    {
        var client = new SimulatedClient(plan, _world, _scheduler, _dice.Fork(), _trace, _history);
        _clients.Add(client);
        client.Start();
        return client;
    }

    private async Task<List<SimulatedClient>> ProbeAsync()
    {
        _trace.Add("run", "probes");
        List<SimulatedClient> readers = [];
        foreach (var tenant in Common.Tenants)
        {
            var prober = Add(new ClientPlan { Tenant = tenant, ClientId = "prober" });
            readers.Add(Add(new ClientPlan { Tenant = tenant, ClientId = "reader", Subscriptions = [("kept/#", QualityOfService.AtLeastOnce)] }));
            await _scheduler.RunAsync(_scheduler.Now + TimeSpan.FromSeconds(20), IsSettled).ConfigureAwait(false);
            foreach (var topic in Crowd.AllTopics)
            {
                foreach (var qos in Enum.GetValues<QualityOfService>())
                    prober.Publish(topic, qos);
            }
        }

        await _scheduler.RunAsync(_scheduler.Now + TimeSpan.FromSeconds(4)).ConfigureAwait(false);
        await _scheduler.RunAsync(_scheduler.Now + TimeSpan.FromSeconds(60), IsSettled).ConfigureAwait(false);
        return readers;
    }
}
