namespace Starling.Broker.Tenants;

/// <summary>
/// Finds the tenant of a client that connects. The first of these that gives a tenant decides, and what comes after it can't overrule it:
/// <list type="number">
/// <item>The TLS server name, if a tenant claims it. The user name then selects nothing: a client that came by <c>acme</c>'s name stays
/// with <c>acme</c>. <c>acme/device7</c> and <c>device7@acme</c> are still understood as <c>device7</c>; any other prefix or suffix is
/// part of the name, whether it is some tenant's name or not, so nothing can be learned about other tenants.</item>
/// <item>The user name: what stands before its first <c>/</c>, else what stands after its last <c>@</c>, if it is a tenant's name. The
/// rest is the user. A user of the listener's default tenant that has this very name comes first, unless the named tenant has the rest as
/// a user, too: a tenant that comes later does not take it over. When both have the user, nobody can tell which is meant, and neither
/// tenant may take the other's clients: the client is refused.</item>
/// <item>The listener's default tenant, with the user name as it is (its own tenant part taken off by rule 2).</item>
/// </list>
/// Choosing a tenant gives no rights: the user must then prove itself to that very tenant.
/// </summary>
public sealed class TenantResolver(ITenantDirectory directory)
{
    /// <param name="serverName">The TLS server name (SNI); null or empty without one.</param>
    /// <param name="userName">The user name of the CONNECT, or of its SCRAM message; null without one.</param>
    /// <param name="listenerDefaultTenant">The default of the listener that took the connection; null without one.</param>
    public TenantResolution Resolve(string? serverName, string? userName, string? listenerDefaultTenant)
    {
        if (!string.IsNullOrEmpty(serverName) && directory.TryGetByServerName(serverName, out var tenant))
            return TenantResolution.Found(tenant, userName is null ? null : WithoutTenant(tenant.Name, userName));

        if (userName is not null && (directory.TryGet(Before(userName), out tenant) || directory.TryGet(After(userName), out tenant)))
            return Named(tenant, userName, listenerDefaultTenant);

        if (listenerDefaultTenant is not null && directory.TryGet(listenerDefaultTenant, out tenant))
            return TenantResolution.Found(tenant, userName);

        return TenantResolution.NotFound(string.Join(
            ", ",
            string.IsNullOrEmpty(serverName) ? "no TLS server name" : $"no tenant for TLS server name '{Shorten(serverName)}'",
            userName is null ? "no user name" : $"no tenant in user name '{Shorten(userName)}'",
            listenerDefaultTenant is null ? "the listener has no default tenant" : $"the listener's default tenant '{listenerDefaultTenant}' does not exist"));
    }

    private TenantResolution Named(Tenant tenant, string userName, string? listenerDefaultTenant)
    {
        var rest = WithoutTenant(tenant.Name, userName);
        if (listenerDefaultTenant is null || listenerDefaultTenant == tenant.Name
            || !directory.TryGet(listenerDefaultTenant, out var standard) || !standard.HasUser(userName))
            return TenantResolution.Found(tenant, rest);
        return tenant.HasUser(rest)
            ? TenantResolution.NotFound($"user name '{Shorten(userName)}' is a user of tenant '{standard.Name}' and one of tenant '{tenant.Name}'; rename one of them")
            : TenantResolution.Found(standard, userName);
    }

    internal static string WithoutTenant(string tenant, string userName)
    {
        if (Before(userName) == tenant)
            return userName[(tenant.Length + 1)..];
        return After(userName) == tenant ? userName[..^(tenant.Length + 1)] : userName;
    }

    private static string Before(string userName)
    {
        var slash = userName.IndexOf('/');
        return slash < 0 ? string.Empty : userName[..slash];
    }

    private static string After(string userName)
    {
        var at = userName.LastIndexOf('@');
        return at < 0 ? string.Empty : userName[(at + 1)..];
    }

    private static string Shorten(string text) => text.Length <= 128 ? text : text[..128] + "...";
}

/// <summary>A tenant and the user name without the tenant part, or in <see cref="Error"/> (for the log) what was looked for in vain.</summary>
public sealed record TenantResolution(Tenant? Tenant, string? UserName, string? Error)
{
    internal static TenantResolution Found(Tenant tenant, string? userName) => new(tenant, userName, null);

    internal static TenantResolution NotFound(string error) => new(null, null, error);
}
