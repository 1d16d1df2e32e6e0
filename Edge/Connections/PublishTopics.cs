using Starling.Broker.Messages;
using Starling.Broker.Tenants.Quotas;
using Starling.Edge.Nodes;
using Starling.Protocol;

namespace Starling.Edge.Connections;

/// <summary>Finds the topic of each PUBLISH, by name or alias, and whether the client may publish there. Used by the connection's reader alone.</summary>
internal sealed class PublishTopics(EdgeConnection connection)
{
    // Stands for all topics that are longer than the tenant's limit: they are refused, whatever they are, and not kept.
    private static readonly Topic TooLong = new("too long");

    private readonly TopicTable _topics = new(connection.Ledger);
    private PublishTopic?[]? _aliases;

    /// <exception cref="MqttProtocolException">The topic is not valid, or its alias is not.</exception>
    public PublishTopic Resolve(in PublishPacket packet)
    {
        if (packet.TopicAlias == 0)
            return Known(packet.Topic);
        if (packet.TopicAlias > connection.TopicAliasMaximum)
        {
            throw new MqttProtocolException(
                connection.EdgeTenant.Tenant.Quotas.Refuse(TenantLimit.TopicAliasMaximum),
                $"PUBLISH: topic alias {packet.TopicAlias} exceeds the maximum {connection.TopicAliasMaximum} [MQTT-3.3.2-9]");
        }

        _aliases ??= new PublishTopic?[connection.TopicAliasMaximum + 1];
        if (!packet.Topic.IsEmpty)
            return _aliases[packet.TopicAlias] = Known(packet.Topic);
        return _aliases[packet.TopicAlias]
            ?? throw new MqttProtocolException(ReasonCode.ProtocolError, $"PUBLISH: topic alias {packet.TopicAlias} has not been set [MQTT-3.3.2-12]");
    }

    /// <summary>Why the client may not publish to the topic, checked again when the rules change; Success if it may. A refusal is counted.</summary>
    public ReasonCode Check(PublishTopic topic)
    {
        var access = connection.Access;
        if (topic.AccessVersion != access.Version)
        {
            topic.AccessVersion = access.Version;
            topic.Limit = LimitOf(topic);
            topic.Refusal = topic.Topic switch
            {
                _ when topic.Limit is { } limit => limit.ReasonCode(),
                // The broker's own topics: nobody else publishes there.
                { IsReserved: true, Text: var text } when text.StartsWith("$SYS/", StringComparison.Ordinal) => ReasonCode.NotAuthorized,
                { Text: var text } when !access.MayPublish(text) => ReasonCode.NotAuthorized,
                _ => ReasonCode.Success,
            };
        }

        if (topic.Refusal != ReasonCode.Success)
            Count(topic);
        return topic.Refusal;
    }

    private TenantLimit? LimitOf(PublishTopic topic)
    {
        var limits = connection.EdgeTenant.Tenant.Options.Limits;
        return topic.Topic switch
        {
            var kept when ReferenceEquals(kept, TooLong) => TenantLimit.TopicLength,
            { Utf8.Length: var length } when length > limits.TopicLength => TenantLimit.TopicLength,
            { Utf8: var utf8 } when TopicNames.LevelCount(utf8) > limits.TopicLevels => TenantLimit.TopicLevels,
            _ => null,
        };
    }

    private void Count(PublishTopic topic)
    {
        connection.Counters.PublishRefused.Increment();
        if (topic.Limit is { } limit)
            connection.EdgeTenant.Tenant.Quotas.Refuse(limit);
    }

    private PublishTopic Known(ReadOnlySpan<byte> utf8)
    {
        if (_topics.Find(utf8) is { } known)
            return known;
        TopicNames.Validate(utf8);
        return utf8.Length > connection.EdgeTenant.Tenant.Options.Limits.TopicLength ? new PublishTopic(TooLong) : _topics.Add(utf8);
    }
}
