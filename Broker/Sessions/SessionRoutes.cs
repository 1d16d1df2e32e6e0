using Starling.Broker.Contracts;
using Starling.Broker.Messages;
using Starling.Protocol;

namespace Starling.Broker.Sessions;

/// <summary>
/// A durable session as the shards know it: its routes, its place in shared subscriptions, and the messages of those that it leaves to
/// others. Used within the session's turn.
/// </summary>
internal sealed class SessionRoutes(SessionKey key, SessionContext context, Inbox inbox)
{
    /// <param name="subscription">A subscription of the session.</param>
    /// <param name="connection">Its connection; null while it is away.</param>
    /// <param name="epoch">Of its latest connection: what is said of an earlier one does not count any more.</param>
    public async ValueTask RegisterAsync(Subscription subscription, StoredConnection? connection, long epoch)
    {
        if (TopicFilters.TryParseShared(subscription.Filter, out var shared))
        {
            var member = new SharedMember(
                key.ClientId, subscription.Options, subscription.SubscriptionIdentifier, connection?.EdgeId, Durable: true, epoch);
            foreach (var shard in context.Cluster.ShardsOf(key.Tenant, shared.Filter))
                await shard.JoinAsync(new SharedGroupKey(shared.ShareName, shared.Filter), member).ConfigureAwait(false);
            return;
        }

        foreach (var shard in context.Cluster.ShardsOf(key.Tenant, subscription.Filter))
            await shard.SetDurableRouteAsync(key.ClientId, subscription).ConfigureAwait(false);
    }

    public async ValueTask UnregisterAsync(string filter)
    {
        if (TopicFilters.TryParseShared(filter, out var shared))
        {
            foreach (var shard in context.Cluster.ShardsOf(key.Tenant, shared.Filter))
                await shard.LeaveAsync(new SharedGroupKey(shared.ShareName, shared.Filter), key.ClientId).ConfigureAwait(false);
            return;
        }

        foreach (var shard in context.Cluster.ShardsOf(key.Tenant, filter))
            await shard.RemoveDurableRouteAsync(key.ClientId, filter).ConfigureAwait(false);
    }

    /// <summary>
    /// Gives what came by shared subscriptions and was not acknowledged to other members, if there are any who can take it. A QoS 2
    /// message that may have been sent stays: it is this client's to finish ([MQTT-4.8.2-4], [MQTT-4.8.2-5]).
    /// </summary>
    public async ValueTask HandOverAsync(IEnumerable<Subscription> subscriptions)
    {
        if (!subscriptions.Any(subscription => TopicFilters.IsShared(subscription.Filter)))
            return;
        foreach (var group in (await inbox.ReadSharedAsync().ConfigureAwait(false)).GroupBy(entry => entry.Delivery.Group!))
        {
            var entries = group.Where(e => e.Delivery.QoS == QualityOfService.AtLeastOnce || !inbox.MayHaveBeenSent(e)).ToArray();
            foreach (var shard in context.Cluster.ShardsOf(key.Tenant, group.Key.Filter).Take(1))
            {
                var taken = await shard.RedispatchAsync(key.ClientId, [.. entries.Select(inbox.Leave)]).ConfigureAwait(false);
                await inbox.RemoveAsync([.. taken.Select(i => entries[i])]).ConfigureAwait(false);
            }
        }
    }
}
