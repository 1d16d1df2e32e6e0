using Starling.Broker.Contracts;

namespace Starling.Edge.Nodes;

/// <summary>
/// Connections that a session believes to be here and that are not: an answer to their CONNECT was lost when nobody waited for it any more,
/// or their end could not be told. A session shows it by pushing entries to one. It may be that the connection is just about to begin; if it
/// has not some time later, the session is told that it is gone.
/// </summary>
internal sealed class UnclaimedConnections(EdgeNode node, ICluster cluster, TimeProvider time)
{
    /// <summary>Longer than a CONNECT may take.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(15);

    private readonly Lock _gate = new();
    private readonly HashSet<(string Tenant, string ClientId, long Epoch)> _watched = [];

    public void Watch(string tenant, string clientId, long epoch)
    {
        lock (_gate)
        {
            if (!_watched.Add((tenant, clientId, epoch)))
                return;
        }

        _ = SettleAsync(tenant, clientId, epoch);
    }

    private async Task SettleAsync(string tenant, string clientId, long epoch)
    {
        var edgeId = node.Id;
        while (true)
        {
            await Task.Delay(Patience, time).ConfigureAwait(false);
            if (node.Id != edgeId || node.Holds(tenant, clientId, epoch))
                break;
            try
            {
                await cluster.Session(tenant, clientId).DisconnectAsync(epoch, SessionDisconnect.Lost).ConfigureAwait(false);
                break;
            }
            catch (StoreUnavailableException)
            {
                // Later.
            }
            catch (StaleEpochException)
            {
                break;
            }
        }

        lock (_gate)
            _watched.Remove((tenant, clientId, epoch));
    }
}
