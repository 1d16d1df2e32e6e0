using Starling.Simulation.Time;

namespace Starling.Simulation.Nodes;

/// <summary>A process that can die: its clock stops, what it has called is never answered, and nothing reaches it any more.</summary>
internal sealed class NodeProcess(string name, NodeClock clock, ulong number = 0)
{
    public string Name => name;

    /// <summary>Counts processes.</summary>
    public ulong Number => number;

    public NodeClock Clock => clock;

    public bool IsRunning => clock.IsRunning;

    /// <summary>Whether it is asked to end: nothing new is begun in it.</summary>
    public bool IsLeaving { get; set; }

    public void Kill() => clock.Stop();

    public override string ToString() => name;
}
