using Starling.Simulation.Clients;
using Starling.Simulation.Time;

namespace Starling.Simulation.Scenarios;

/// <summary>The nodes of a run, and what may happen to them.</summary>
internal interface IWorld : IEntrance
{
    /// <summary>Whether clients can be served.</summary>
    bool IsReady { get; }

    /// <summary>What went wrong, from when until it was over.</summary>
    IReadOnlyList<(TimeSpan From, TimeSpan To, string Kind)> Faults { get; }

    /// <summary>Makes up faults for a time.</summary>
    void PlanFaults(Dice dice, TimeSpan from, TimeSpan to);

    /// <summary>Nothing goes wrong any more, and what is down comes back.</summary>
    void Heal();

    /// <summary>What is wrong with the nodes themselves.</summary>
    IEnumerable<string> Check();
}
