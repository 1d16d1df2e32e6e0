namespace Starling.Protocol;

/// <summary>Topic filters: what is subscribed to (sections 4.7 and 4.8).</summary>
public static class TopicFilters
{
    private const string SharePrefix = "$share/";

    /// <summary>Checks wildcards, length and, for a shared one, the share name; in all versions of MQTT.</summary>
    /// <exception cref="MqttProtocolException">
    /// TopicFilterInvalid [MQTT-4.7.1-1] [MQTT-4.7.1-2] [MQTT-4.7.3-1] [MQTT-4.8.2-1] [MQTT-4.8.2-2];
    /// MalformedPacket for what is no MQTT string [MQTT-4.7.3-2] [MQTT-4.7.3-3].
    /// </exception>
    public static void Validate(string filter)
    {
        ArgumentNullException.ThrowIfNull(filter);
        if (!TryParseShared(filter, out _))
            ValidateLevels(filter);
    }

    /// <inheritdoc cref="Validate(string)"/>
    public static void Validate(ReadOnlySpan<byte> utf8)
    {
        if (utf8.Length > Utf8String.MaximumLength || !Utf8String.IsValid(utf8))
            throw NotAString("[MQTT-3.8.3-1] [MQTT-4.7.3-3]");
        Validate(Utf8String.Decode(utf8));
    }

    /// <summary>Whether the filter starts with <c>$share/</c>.</summary>
    public static bool IsShared(string filter)
    {
        ArgumentNullException.ThrowIfNull(filter);
        return filter.StartsWith(SharePrefix, StringComparison.Ordinal);
    }

    /// <summary>Takes <c>$share/{name}/{filter}</c> apart; false when it does not start with <c>$share/</c>.</summary>
    /// <exception cref="MqttProtocolException">TopicFilterInvalid when it does and the rest is wrong [MQTT-4.8.2-1] [MQTT-4.8.2-2].</exception>
    public static bool TryParseShared(string filter, out SharedFilter shared)
    {
        shared = default;
        if (!IsShared(filter))
            return false;
        var rest = filter.AsSpan(SharePrefix.Length);
        var separator = rest.IndexOf('/');
        if (separator < 0)
            throw Invalid("a shared subscription has no topic filter [MQTT-4.8.2-2]");
        var name = rest[..separator];
        if (name.IsEmpty || name.ContainsAny('+', '#'))
            throw Invalid("the share name of a shared subscription is empty or has a wildcard [MQTT-4.8.2-1] [MQTT-4.8.2-2]");
        shared = new(name.ToString(), rest[(separator + 1)..].ToString());
        ValidateLevels(shared.Filter);
        return true;
    }

    /// <summary>
    /// Whether a filter, not a shared one, matches a topic name, both valid. This is the definition, for tests and small tools;
    /// a broker uses an index. A wildcard at the start does not match a topic that begins with <c>$</c> [MQTT-4.7.2-1].
    /// </summary>
    public static bool Matches(string filter, string topic)
    {
        ArgumentNullException.ThrowIfNull(filter);
        ArgumentNullException.ThrowIfNull(topic);
        if (topic[0] == '$' && filter[0] is '+' or '#')
            return false;
        var filterLevels = filter.Split('/');
        var topicLevels = topic.Split('/');
        for (var i = 0; i < filterLevels.Length; i++)
        {
            if (filterLevels[i] == "#")
                return true;
            if (i >= topicLevels.Length || (filterLevels[i] != "+" && filterLevels[i] != topicLevels[i]))
                return false;
        }
        return filterLevels.Length == topicLevels.Length;
    }

    private static void ValidateLevels(string filter)
    {
        if (filter.Length == 0)
            throw Invalid("a topic filter is empty [MQTT-4.7.3-1]");
        if (filter.Contains('\0') || Utf8String.IsTooLongOrIllFormed(filter))
            throw NotAString("[MQTT-4.7.3-2] [MQTT-4.7.3-3]");
        for (var i = filter.AsSpan().IndexOfAny('+', '#'); i >= 0 && i < filter.Length; i++)
        {
            if (filter[i] is not ('+' or '#'))
                continue;
            if (i > 0 && filter[i - 1] != '/')
                throw Invalid("a wildcard does not have a level of its own [MQTT-4.7.1-1] [MQTT-4.7.1-2]");
            if (i + 1 == filter.Length)
                continue;
            if (filter[i] == '#')
                throw Invalid("# is not the last character [MQTT-4.7.1-1]");
            if (filter[i + 1] != '/')
                throw Invalid("a wildcard does not have a level of its own [MQTT-4.7.1-2]");
        }
    }

    private static MqttProtocolException NotAString(string statements) =>
        new(ReasonCode.MalformedPacket, $"a topic filter is not an MQTT string {statements}");

    private static MqttProtocolException Invalid(string what) => new(ReasonCode.TopicFilterInvalid, what);
}
