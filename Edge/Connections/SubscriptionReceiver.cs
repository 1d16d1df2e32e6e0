using Starling.Broker.Contracts;
using Starling.Broker.Routing;
using Starling.Broker.Tenants.Quotas;
using Starling.Edge.Nodes;
using Starling.Edge.SysTopics;
using Starling.Protocol;

namespace Starling.Edge.Connections;

/// <summary>Carries out a client's SUBSCRIBE and UNSUBSCRIBE packets, and has the retained messages replayed that they ask for.</summary>
internal sealed class SubscriptionReceiver(EdgeConnection connection, SysTopicSource sysTopics)
{
    private RetainedReplay? _replay;

    // Of the packet that is looked at.
    private long _addedBytes;

    private EdgeTenant Tenant => connection.EdgeTenant;

    public async ValueTask SubscribeAsync(SubscribePacket packet)
    {
        var reasons = new ReasonCode[packet.Subscriptions.Count];
        var granted = new List<Subscription>(reasons.Length);
        var replays = new List<Subscription>();
        var added = new HashSet<string>(StringComparer.Ordinal);
        var rules = connection.Access.Version;
        _addedBytes = 0;
        for (var i = 0; i < reasons.Length; i++)
        {
            var request = packet.Subscriptions[i];
            reasons[i] = Check(request, added);
            if (reasons[i] >= ReasonCode.UnspecifiedError)
                continue;
            var qos = (QualityOfService)Math.Min((byte)request.Options.MaximumQoS, Tenant.Tenant.Options.Limits.MaximumQoS);
            reasons[i] = (ReasonCode)qos;
            var options = request.Options with { MaximumQoS = qos };
            // No Local is not for shared subscriptions ([MQTT-3.8.3-4]).
            if (connection.IsBridge)
                options = options with { NoLocal = !TopicFilters.IsShared(request.TopicFilter), RetainAsPublished = true };
            var subscription = new Subscription(request.TopicFilter, options, packet.SubscriptionIdentifier);
            granted.Add(subscription);
            var isNew = !connection.Subscriptions.Contains(subscription.Filter) && added.Add(subscription.Filter);
            if (WantsRetained(subscription, isNew))
                replays.Add(subscription);
        }

        // Before the subscriptions take effect: from then on, retained messages that are published overtake those that are replayed.
        if (replays.Count > 0)
            (_replay ??= new RetainedReplay(connection, sysTopics)).Expect(replays.Count);
        if (connection.IsDurable && granted.Count > 0)
            await connection.Session.SubscribeAsync(connection.Epoch, granted).ConfigureAwait(false);
        await connection.Subscriptions.AddAsync(granted).ConfigureAwait(false);
        if (connection.Access.Version != rules)
            await connection.Subscriptions.AuthorizeAsync().ConfigureAwait(false);
        connection.TrySend(new SubAckPacket { PacketIdentifier = packet.PacketIdentifier, ReasonCodes = reasons });
        if (replays.Count > 0)
            _replay!.Add(replays);
    }

    public async ValueTask UnsubscribeAsync(UnsubscribePacket packet)
    {
        var reasons = new ReasonCode[packet.TopicFilters.Count];
        var removed = new List<string>();
        for (var i = 0; i < reasons.Length; i++)
        {
            var filter = packet.TopicFilters[i];
            if (await connection.Subscriptions.RemoveAsync(filter).ConfigureAwait(false))
                removed.Add(filter);
            else
                reasons[i] = ReasonCode.NoSubscriptionExisted;
        }

        if (connection.IsDurable && removed.Count > 0)
            await connection.Session.UnsubscribeAsync(connection.Epoch, removed).ConfigureAwait(false);
        connection.TrySend(new UnsubAckPacket { PacketIdentifier = packet.PacketIdentifier, ReasonCodes = reasons });
    }

    /// <summary>The client has acknowledged entries of its inbox; a replay that goes by the inbox waits for that.</summary>
    public void InboxAcknowledged() => _replay?.Acknowledged();

    /// <param name="request">One of the packet's.</param>
    /// <param name="added">New filters that the packet has had granted before it.</param>
    private ReasonCode Check(SubscriptionRequest request, HashSet<string> added)
    {
        var filter = request.TopicFilter;
        var limits = Tenant.Tenant.Options.Limits;
        var quotas = Tenant.Tenant.Quotas;
        if (System.Text.Encoding.UTF8.GetByteCount(filter) > limits.TopicLength)
            return FilterRefused(TenantLimit.TopicLength);
        if (filter.AsSpan().Count('/') + 1 > limits.TopicLevels)
            return FilterRefused(TenantLimit.TopicLevels);
        if (!limits.SharedSubscriptions && TopicFilters.IsShared(filter))
            return quotas.Refuse(TenantLimit.SharedSubscriptions);
        if (!limits.WildcardSubscriptions && filter.AsSpan().ContainsAny('+', '#'))
            return quotas.Refuse(TenantLimit.WildcardSubscriptions);
        var subscriptions = connection.Subscriptions;
        var isNew = !added.Contains(filter) && !subscriptions.Contains(filter);
        if (isNew && subscriptions.Count + added.Count >= limits.SubscriptionsPerClient)
            return quotas.Refuse(TenantLimit.SubscriptionsPerClient);
        // Replays that wait hold filters, too, however often the client asks for the same one.
        var cost = isNew ? FilterCost.Of(filter) : 0;
        if (subscriptions.Bytes + _addedBytes + cost + (_replay?.WaitingBytes ?? 0) > limits.SubscriptionBytesPerClient)
            return quotas.Refuse(TenantLimit.SubscriptionBytesPerClient);
        if (connection.Counters.Held.IsOver)
            return quotas.Refuse(TenantLimit.MemoryBytes);
        _addedBytes += cost;
        return connection.Access.MaySubscribe(filter) ? ReasonCode.Success : ReasonCode.NotAuthorized;

        ReasonCode FilterRefused(TenantLimit limit)
        {
            quotas.Refuse(limit);
            return ReasonCode.TopicFilterInvalid;
        }
    }

    /// <summary>Retain Handling 0 always, 1 if the subscription is new, 2 never; never for shared ones ([MQTT-3.3.1-9] to [-11], section 4.8.2).</summary>
    private static bool WantsRetained(Subscription subscription, bool isNew) =>
        !TopicFilters.IsShared(subscription.Filter) && subscription.Options.RetainHandling switch
        {
            RetainHandling.SendAtSubscribe => true,
            RetainHandling.SendAtSubscribeIfNew => isNew,
            _ => false,
        };
}
