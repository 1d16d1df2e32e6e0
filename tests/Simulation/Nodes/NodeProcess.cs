using Starling.Broker.Time;
using Starling.Simulation.Time;

namespace Starling.Simulation.Nodes;

/// <summary>A process that can die: its clock stops, what it has called is never answered, and nothing reaches it any more.</summary>
/// <param name="clock">The machine's, which may say anything.</param>
/// <param name="error">How far the process's idea of the database's time is off.</param>
internal sealed class NodeProcess(string name, NodeClock clock, TimeSpan error = default, ulong number = 0)
{
    public string Name => name;

    /// <summary>Counts processes.</summary>
    public ulong Number => number;

    public BrokerClock Clock { get; } = Following(clock, error);

    public bool IsRunning => clock.IsRunning;

    /// <summary>Whether it is asked to end: nothing new is begun in it.</summary>
    public bool IsLeaving { get; set; }

    public void Kill() => clock.Stop();

    public override string ToString() => name;

    private static BrokerClock Following(NodeClock clock, TimeSpan error)
    {
        var following = new BrokerClock(clock);
        following.Follow(clock.DatabaseTime + error);
        return following;
    }
}
