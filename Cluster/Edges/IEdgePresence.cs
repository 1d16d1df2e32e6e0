namespace Starling.Cluster.Edges;

/// <summary>What happens to an edge process as it joins the cluster and loses its place there.</summary>
public interface IEdgePresence
{
    /// <summary>The process becomes the edge of this id. It takes connections when it has joined.</summary>
    /// <returns>Where shards and sessions reach the edge of this id, and no other one.</returns>
    ValueTask<string> BeginAsync(string edgeId);

    /// <summary>The edge of this id has joined: connections may come.</summary>
    void Joined(string edgeId);

    /// <summary>A silo may have gone with sessions of the edge's connections. Returns soon.</summary>
    void SilosChanged();

    /// <summary>The edge of this id is taken for dead: its connections are closed. Done when they are, which is soon.</summary>
    ValueTask EndAsync(string edgeId);
}
