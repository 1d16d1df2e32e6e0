using Starling.Broker.Collections;

namespace Starling.Broker.Tenants.Access;

internal readonly record struct CompiledRule(bool Allow, AclFilter Filter);

/// <summary>The rules of a user, split by action. Compiled once and shared by all its clients unless a rule names the client.</summary>
internal sealed class AccessRules
{
    public static readonly AccessRules None = new([], [], null, string.Empty);

    private readonly AclRule[]? _templates;

    /// <param name="own">The user's rules, asked first.</param>
    public AccessRules(ValueList<AclRule> own, ValueList<AclRule> common)
        : this(own, common, null, string.Empty)
    {
        AclRule[] all = [.. own, .. common];
        if (all.Any(rule => rule.Pattern.HasPlaceholders))
            _templates = all;
    }

    private AccessRules(IEnumerable<AclRule> own, IEnumerable<AclRule> common, string? userName, string clientId)
    {
        List<CompiledRule> publish = [], subscribe = [];
        foreach (var rule in own.Concat(common))
        {
            if (rule.Pattern.For(userName, clientId) is not { } filter)
                continue;
            var compiled = new CompiledRule(rule.Allow, filter);
            if (rule.Actions.HasFlag(AclActions.Publish))
                publish.Add(compiled);
            if (rule.Actions.HasFlag(AclActions.Subscribe))
                subscribe.Add(compiled);
        }
        Publish = [.. publish];
        Subscribe = [.. subscribe];
        NeedsReceiveCheck = DenialReachesIntoAnAllowedFilter();
    }

    public CompiledRule[] Publish { get; }

    public CompiledRule[] Subscribe { get; }

    public bool NeedsReceiveCheck { get; }

    public AccessRules For(string? userName, string clientId) =>
        _templates is null ? this : new AccessRules(_templates, [], userName, clientId);

    private bool DenialReachesIntoAnAllowedFilter()
    {
        for (var i = 0; i < Subscribe.Length; i++)
        {
            if (Subscribe[i].Allow)
                continue;
            var denied = Subscribe[i].Filter;
            foreach (var later in Subscribe.AsSpan(i + 1))
            {
                if (later.Allow && denied.Intersects(later.Filter) && !denied.Covers(later.Filter))
                    return true;
            }
        }
        return false;
    }
}
