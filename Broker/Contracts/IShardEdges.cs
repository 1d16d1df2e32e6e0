namespace Starling.Broker.Contracts;

/// <summary>The edges as a shard uses them: messages go to their connections.</summary>
public interface IShardEdges
{
    /// <summary>Null when no such edge is known to be alive.</summary>
    IEdgeDelivery? Edge(string edgeId);
}
