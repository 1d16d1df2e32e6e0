namespace Starling.Edge.Nodes;

/// <summary>A tenant's place among those who share the processors; all of it belongs to <see cref="ReadTurns"/> and its lock.</summary>
internal sealed class TenantTurns
{
    /// <summary>The period in which it was last seen.</summary>
    public long ActiveIn = -1;

    public Queue<ReadTurn> Waiting { get; } = [];

    /// <summary>Time that it may still take in this round, in timestamp units; below 0 it is in debt.</summary>
    public long Balance { get; set; }

    /// <summary>Timestamp of the end of its last turn that had waited.</summary>
    public long LastTurn { get; set; }
}
