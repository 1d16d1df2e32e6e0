using Starling.Simulation.Engine;
using Starling.Simulation.Nodes;
using Starling.Simulation.Time;
using Starling.Simulation.Transport;

namespace Starling.Simulation.Scenarios;

/// <summary>Silos, edges and a database, and what may happen to each of them.</summary>
internal sealed class ClusterWorld : IWorld
{
    private readonly Common _common;
    private readonly Dice _dice;
    private readonly Activations _activations;
    private readonly List<ClusterEdge> _edges = [];
    private readonly List<(TimeSpan From, TimeSpan To, string Kind)> _faults = [];
    private int _silosMade;
    private int _edgesMade;

    public ClusterWorld(Common common, Dice dice)
    {
        (_common, _dice) = (common, dice);
        Network = new Network(common.Scheduler, dice.Fork(), common.Trace);
        _activations = new Activations(common.Scheduler, dice.Fork(), common.Trace);
        common.Shards = dice.Chance(0.4) ? dice.Int(2, 5) : 1;
        for (var silos = dice.Int(1, 4); silos > 0; silos--)
            AddSilo();
        for (var edges = dice.Int(1, 4); edges > 0; edges--)
            AddEdge();
    }

    public Network Network { get; }

    public bool IsReady => _edges.TrueForAll(edge => edge.IsReady);

    public IReadOnlyList<(TimeSpan From, TimeSpan To, string Kind)> Faults => _faults;

    public ClientLink? Connect(ILinkClient client, string tenant, int window)
    {
        ClusterEdge[] ready = [.. _edges.Where(edge => edge.IsReady)];
        return ready.Length == 0 ? null : _dice.Pick(ready).Edge.Accept(client, tenant, window);
    }

    public void PlanFaults(Dice dice, TimeSpan from, TimeSpan to)
    {
        Network.Loss = dice.Chance(0.3) ? 0.01 : 0;
        Network.Delay = dice.Chance(0.3) ? 0.01 : 0;
        _common.Database.LostAnswers = dice.Chance(0.2) ? 0.02 : 0;
        if (Network.Loss + Network.Delay > 0)
            _faults.Add((from, to + TimeSpan.FromSeconds(10), "losses"));
        for (var count = dice.Int(0, 4); count > 0; count--)
        {
            Action fault = dice.Int(0, 10) switch
            {
                0 or 1 => () => KillSilo(dice),
                2 => () => KillEdge(dice),
                3 => () => Note("silo leaves", 3, LeaveSilo),
                4 => () => Note("edge leaves", 4, LeaveEdge),
                5 => () => Note("silo joins", 2, Rebalance),
                6 => () => Outage(dice.Span(50, 3000)),
                7 => () => Partition(dice.Span(200, 12000)),
                8 => () => Note("duplicates", 4, () => Duplicate(dice)),
                _ => () => Note("moves", 2, Move),
            };
            _common.Scheduler.At(from + ((to - from) * dice.Double()), fault);
        }
    }

    public void Heal()
    {
        Network.Loss = Network.Delay = _common.Database.LostAnswers = 0;
        Network.HealCuts();
        if (!_activations.Silos.Any(silo => silo.Process is { IsRunning: true, IsLeaving: false }))
            AddSilo();
        if (!_edges.Any(edge => edge.Process is { IsRunning: true, IsLeaving: false }))
            AddEdge();
    }

    public IEnumerable<string> Check() => [];

    private void AddSilo()
    {
        var process = NewProcess($"silo{++_silosMade}");
        _activations.Add(new SimulatedSilo(process, _common, new SimulatedEngine(process, Network, _activations), _activations));
    }

    private void AddEdge()
    {
        var process = NewProcess($"edge{++_edgesMade}");
        _edges.Add(new ClusterEdge(process, _common, new SimulatedEngine(process, Network, _activations), _activations));
    }

    private NodeProcess NewProcess(string name)
    {
        _common.Trace.Add(name, "begins");
        var error = TimeSpan.FromMilliseconds(_dice.Int(-300, 300));
        // Hours away from each other, ahead and behind.
        var number = _silosMade + _edgesMade;
        var skew = TimeSpan.FromHours((number * 5 % 13) - 6);
        return new NodeProcess(name, new NodeClock(_common.Scheduler, skew), error, (ulong)number);
    }

    private void Note(string kind, double seconds, Action fault)
    {
        _faults.Add((_common.Scheduler.Now, _common.Scheduler.Now + TimeSpan.FromSeconds(seconds), kind));
        fault();
    }

    private void KillSilo(Dice dice)
    {
        if (PickSilo() is not { } silo)
            return;
        _common.Trace.Add(silo.Process.Name, "is killed");
        Note("silo killed", 6, silo.Kill);
        _common.Scheduler.After(dice.Span(10, 3000), AddSilo);
    }

    private void KillEdge(Dice dice)
    {
        if (PickEdge() is not { } edge)
            return;
        _common.Trace.Add(edge.Process.Name, "is killed");
        Note("edge killed", 12, edge.Edge.Kill);
        _common.Scheduler.After(dice.Span(10, 3000), AddEdge);
    }

    private void LeaveSilo()
    {
        if (_activations.Silos.Count(silo => silo.Process is { IsRunning: true, IsLeaving: false }) < 2 || PickSilo() is not { } silo)
            return;
        _common.Trace.Add(silo.Process.Name, "leaves");
        silo.Leave();
    }

    private void LeaveEdge()
    {
        if (PickEdge() is not { } edge)
            return;
        _common.Trace.Add(edge.Process.Name, "leaves");
        _ = edge.LeaveAsync();
        AddEdge();
    }

    private void Rebalance()
    {
        AddSilo();
        Move();
    }

    /// <summary>Some of the objects of each silo go elsewhere.</summary>
    private void Move()
    {
        foreach (var silo in _activations.Silos.Where(silo => silo.Process.IsRunning).ToArray())
            _activations.Evacuate(silo, key => _dice.Chance(0.4) && silo.MayMove(key));
    }

    private void Duplicate(Dice dice)
    {
        for (var i = dice.Int(1, 6); i > 0; i--)
            _activations.Duplicate(dice.Span(100, 2500));
    }

    private void Outage(TimeSpan duration)
    {
        _faults.Add((_common.Scheduler.Now, _common.Scheduler.Now + duration, "outage"));
        _common.Database.GoAway(duration);
    }

    /// <summary>An edge and some silos, or all, do not hear each other.</summary>
    private void Partition(TimeSpan duration)
    {
        if (PickEdge() is not { } edge)
            return;
        _common.Trace.Add(edge.Process.Name, "is cut off");
        _faults.Add((_common.Scheduler.Now, _common.Scheduler.Now + duration + TimeSpan.FromSeconds(10), "edge cut off"));
        var all = _dice.Chance(0.5);
        foreach (var silo in _activations.Silos.Where(_ => all || _dice.Chance(0.5)))
            Network.Cut(edge.Process, silo.Process);
        _common.Scheduler.After(duration, Network.HealCuts);
    }

    private SimulatedSilo? PickSilo() =>
        _activations.Silos.Where(silo => silo.Process is { IsRunning: true, IsLeaving: false }).ToArray() is { Length: > 0 } silos ? _dice.Pick(silos) : null;

    private ClusterEdge? PickEdge() =>
        _edges.Where(edge => edge.Process is { IsRunning: true, IsLeaving: false }).ToArray() is { Length: > 0 } edges ? _dice.Pick(edges) : null;
}
