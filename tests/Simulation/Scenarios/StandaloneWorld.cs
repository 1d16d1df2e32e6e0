using Starling.Simulation.Nodes;
using Starling.Simulation.Time;
using Starling.Simulation.Transport;

namespace Starling.Simulation.Scenarios;

/// <summary>One process and a database; the process crashes and is started again.</summary>
internal sealed class StandaloneWorld : IWorld
{
    private readonly Common _common;
    private readonly List<(TimeSpan From, TimeSpan To, string Kind)> _faults = [];
    private StandaloneBroker _broker;
    private int _lives;

    public StandaloneWorld(Common common)
    {
        _common = common;
        _broker = Begin();
    }

    public bool IsReady => _broker.Edge.Process.IsRunning && _broker.IsReady;

    public IReadOnlyList<(TimeSpan From, TimeSpan To, string Kind)> Faults => _faults;

    public ClientLink? Connect(ILinkClient client, string tenant, int window) => IsReady ? _broker.Edge.Accept(client, tenant, window) : null;

    public void PlanFaults(Dice dice, TimeSpan from, TimeSpan to)
    {
        for (var count = dice.Int(0, 4); count > 0; count--)
        {
            var at = from + ((to - from) * dice.Double());
            if (dice.Chance(0.6))
                _common.Scheduler.At(at, () => Crash(dice.Span(20, 1500)));
            else
                _common.Scheduler.At(at, () => Outage(dice.Span(50, 3000)));
        }

        _common.Database.LostAnswers = dice.Chance(0.3) ? 0.02 : 0;
    }

    public void Heal() => _common.Database.LostAnswers = 0;

    public IEnumerable<string> Check() => [];

    private StandaloneBroker Begin()
    {
        var name = $"broker{++_lives}";
        _common.Trace.Add(name, "begins");
        return new StandaloneBroker(new NodeProcess(name, new NodeClock(_common.Scheduler, TimeSpan.FromHours((_lives * 5 % 13) - 6))), _common);
    }

    private void Crash(TimeSpan away)
    {
        if (!_broker.Edge.Process.IsRunning)
            return;
        _common.Trace.Add(_broker.Edge.Process.Name, "crashes");
        _faults.Add((_common.Scheduler.Now, _common.Scheduler.Now + away, "crash"));
        _broker.Edge.Kill();
        _common.Scheduler.After(away, () => _broker = Begin());
    }

    private void Outage(TimeSpan away)
    {
        _faults.Add((_common.Scheduler.Now, _common.Scheduler.Now + away, "outage"));
        _common.Database.GoAway(away);
    }
}
