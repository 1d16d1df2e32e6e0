namespace Starling.Broker.Contracts;

/// <summary>The edges as sessions use them: they hold the sessions' connections.</summary>
public interface ISessionEdges
{
    /// <summary>Null when no such edge is known to be alive.</summary>
    IInboxDelivery? Edge(string edgeId);

    /// <summary>Whether the edge lives, and with it the connections it holds.</summary>
    ValueTask<bool> IsAliveAsync(string edgeId);

    /// <summary>
    /// Closes the connection that a client has on any edge. Asked by a session that is new to its process and finds nothing in the store:
    /// one that ended with its connection leaves nothing there, and may have been another process's until that one died.
    /// </summary>
    /// <returns>The highest epoch of such a connection; 0 for none.</returns>
    /// <exception cref="StoreUnavailableException">An edge that lives does not answer.</exception>
    ValueTask<long> EvictAsync(string tenant, string clientId);
}
