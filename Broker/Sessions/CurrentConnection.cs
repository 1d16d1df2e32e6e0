using System.Net;
using Starling.Broker.Contracts;

namespace Starling.Broker.Sessions;

/// <summary>The connection that a session belongs to.</summary>
/// <param name="stored">What the store has of it, or is to get.</param>
/// <param name="address">The client's; null when another object accepted the connection.</param>
internal sealed class CurrentConnection(StoredConnection stored, IPAddress? address)
{
    public StoredConnection Stored { get; set; } = stored;

    public IPAddress? Address => address;

    /// <summary>Whether this object has told the shards of the session's subscriptions and its connection.</summary>
    public bool IsRegistered { get; set; }

    /// <summary>Whether a CONNECT is this connection's own, asked again because its answer was lost.</summary>
    public bool IsMadeBy(SessionConnect connect) =>
        connect.Attempt != 0 && Stored.Attempt == connect.Attempt && Stored.EdgeId == connect.EdgeId;

    /// <summary>Two objects may have given two connections the same epoch: edge and attempt tell them apart.</summary>
    public static bool AreSame(StoredConnection? a, StoredConnection? b) =>
        (a?.EdgeId, a?.Epoch, a?.Attempt) == (b?.EdgeId, b?.Epoch, b?.Attempt);
}
