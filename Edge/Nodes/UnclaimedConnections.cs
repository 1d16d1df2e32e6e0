using Microsoft.Extensions.Logging;
using Starling.Broker.Contracts;
using Starling.Broker.Threading;

namespace Starling.Edge.Nodes;

/// <summary>
/// Connections that a session believes to be here and that are not: the answer to their CONNECT was lost, or the session was not told of
/// their end. It shows when a session pushes entries to one. The connection may be just about to begin; if it has not some time later, the
/// session is told that it is gone.
/// </summary>
internal sealed class UnclaimedConnections(EdgeNode node, ICluster cluster, TimeProvider time, ILogger logger)
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

        Background.Run(ReportAsync(tenant, clientId, epoch), logger, "Report of a connection that is not here");
    }

    private async Task ReportAsync(string tenant, string clientId, long epoch)
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
                // Again later.
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
