namespace Starling.Broker.Tenants.Access;

/// <summary>
/// What one connected client may do, compiled from the rules of its user followed by those of its tenant.
/// <list type="bullet">
/// <item>Publishing (wills too): the first publish rule whose filter matches the topic decides; if none does, the answer is no.</item>
/// <item>Subscribing: the first subscribe rule whose filter covers the whole requested filter decides; if none does, the answer is no.
/// A filter that only several allow rules together would cover is refused. An allow rule that covers just a part is passed over;
/// a deny rule that takes just a part away does not refuse the subscription: it is applied at delivery.</item>
/// <item>Receiving (live, retained, from an inbox): the first subscribe rule whose filter matches the topic decides. The check can be
/// left out while <see cref="NeedsReceiveCheck"/> is false, because then no granted subscription reaches a denied topic.</item>
/// </list>
/// A shared subscription is judged by the filter inside it. A rule with <c>%u</c> or <c>%c</c> matches the name as literal text;
/// if the name can't be one level of a topic the rule, allow or deny, matches nothing (CVE-2017-7650).
/// </summary>
/// <remarks>Immutable. When <see cref="Version"/> falls behind <see cref="Tenant.Version"/>, get another one from
/// <see cref="Tenant.AccessFor"/> and authorize the client's subscriptions again.</remarks>
public sealed class ClientAccess
{
    private readonly CompiledRule[] _publish;
    private readonly CompiledRule[] _subscribe;

    internal ClientAccess(AccessRules rules, long version)
    {
        Version = version;
        _publish = rules.Publish;
        _subscribe = rules.Subscribe;
        NeedsReceiveCheck = rules.NeedsReceiveCheck;
    }

    /// <summary>The tenant's version that these rules are from.</summary>
    public long Version { get; }

    /// <summary>Whether <see cref="MayReceive(string)"/> can say no to a topic of a subscription that <see cref="MaySubscribe"/> allows.</summary>
    public bool NeedsReceiveCheck { get; }

    /// <param name="topic">A valid topic name.</param>
    public bool MayPublish(ReadOnlySpan<char> topic) => FirstMatch(_publish, topic);

    /// <inheritdoc cref="MayPublish(ReadOnlySpan{char})"/>
    public bool MayPublish(string topic) => FirstMatch(_publish, topic);

    /// <param name="topic">A valid topic name.</param>
    public bool MayReceive(ReadOnlySpan<char> topic) => FirstMatch(_subscribe, topic);

    /// <inheritdoc cref="MayReceive(ReadOnlySpan{char})"/>
    public bool MayReceive(string topic) => FirstMatch(_subscribe, topic);

    /// <param name="filter">A valid topic filter, shared (<c>$share/group/filter</c>) or not.</param>
    public bool MaySubscribe(string filter)
    {
        if (InsideShare(filter) is not { Length: > 0 } inner)
            return false;
        var wanted = new AclFilter(inner);
        foreach (var rule in _subscribe)
        {
            if (rule.Filter.Covers(wanted))
                return rule.Allow;
        }
        return false;
    }

    private static string? InsideShare(string filter)
    {
        const string Share = "$share/";
        if (!filter.StartsWith(Share, StringComparison.Ordinal))
            return filter;
        var slash = filter.IndexOf('/', Share.Length);
        return slash < 0 ? null : filter[(slash + 1)..];
    }

    private static bool FirstMatch(CompiledRule[] rules, ReadOnlySpan<char> topic)
    {
        foreach (var rule in rules)
        {
            if (rule.Filter.Matches(topic))
                return rule.Allow;
        }
        return false;
    }
}
