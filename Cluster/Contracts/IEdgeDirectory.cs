namespace Starling.Cluster.Contracts;

/// <summary>The edges that live: those that renew their lease. An edge that is gone once is gone for good; it comes back with another id.</summary>
[Alias("starling.edge-directory-calls")]
public interface IEdgeDirectory
{
    /// <summary>Joins, or stays.</summary>
    [Alias("renew")]
    ValueTask<EdgeLease> RenewAsync(string edgeId, string address);

    /// <summary>The edge has closed its connections and ends.</summary>
    [Alias("leave")]
    ValueTask LeaveAsync(string edgeId);

    /// <param name="silo">The name of the silo that asks, which is missed when it does not ask again soon; null when no silo asks.</param>
    [Alias("read")]
    ValueTask<IReadOnlyList<EdgeEntry>> ReadAsync(string? silo);
}

/// <param name="IsHeld">False when the edge was taken for dead: its sessions have been ended or belong to others, so it has to close its connections.</param>
/// <param name="Duration">From now; an edge that could not renew it before it ends closes its connections by itself.</param>
/// <param name="Silos">
/// Another number than before when a silo may have gone with objects of sessions: they are to be woken, since nobody else knows what they
/// were about to push.
/// </param>
[GenerateSerializer, Immutable, Alias("starling.edge-lease")]
public sealed record EdgeLease(
    [Id(0)] bool IsHeld,
    [Id(1)] TimeSpan Duration,
    [Id(2)] long Silos = 0);

[GenerateSerializer, Immutable, Alias("starling.edge-entry")]
public sealed record EdgeEntry([Id(0)] string EdgeId, [Id(1)] string Address);
