using Microsoft.Extensions.Logging;
using Starling.Broker.Tenants;
using Starling.Broker.Tenants.Files;

namespace Starling.Storage.PostgreSql.Tenants;

/// <summary>
/// Decides which version of each tenant is served: the one in the database, or while that one has mistakes the last one that had none,
/// without what the new one revokes (<see cref="Revocations"/>).
/// A server name that two tenants want stays with the one that is served under it. Used by one thread at a time.
/// </summary>
internal sealed partial class ServedTenants(TenantDirectory directory, ILogger logger)
{
    private readonly SortedDictionary<string, TenantOptions> _wanted = new(StringComparer.Ordinal);
    private Dictionary<string, TenantOptions> _served = new(StringComparer.Ordinal);
    private readonly Dictionary<string, int> _mistakes = new(StringComparer.Ordinal);
    private HashSet<ServerNameClash> _clashes = [];

    public int Count => _served.Count;

    /// <param name="tenants">All that there are.</param>
    public void Replace(IReadOnlyList<TenantDocument> tenants) => Replace([.. _wanted.Keys], tenants);

    /// <param name="names">Tenants that may have changed.</param>
    /// <param name="tenants">Those of them that there are.</param>
    public void Replace(IEnumerable<string> names, IReadOnlyList<TenantDocument> tenants)
    {
        var present = tenants.Select(tenant => tenant.Name).ToHashSet(StringComparer.Ordinal);
        foreach (var name in names.Where(name => !present.Contains(name)))
        {
            _wanted.Remove(name);
            _mistakes.Remove(name);
        }
        foreach (var tenant in tenants)
            Take(tenant);
        _served = Decide();
        directory.Mistakes = _mistakes.Values.Sum() + _clashes.Count;
        directory.Apply(_served.Values);
    }

    private void Take(TenantDocument tenant)
    {
        try
        {
            _wanted[tenant.Name] = tenant.Read();
            _mistakes.Remove(tenant.Name);
        }
        catch (TenantsFileException mistakes)
        {
            foreach (var mistake in mistakes.Errors)
                LogMistake(mistake);
            _mistakes[tenant.Name] = mistakes.Errors.Count;
            if (_wanted.TryGetValue(tenant.Name, out var before))
            {
                if (mistakes.Revocations?.ApplyTo(before) is { } left)
                    _wanted[tenant.Name] = left;
                LogKept(tenant.Name, mistakes.Errors.Count);
            }
            else
                LogNotServed(tenant.Name, mistakes.Errors.Count);
        }
    }

    /// <summary>
    /// What is served now is free of clashes, so of two tenants that clash one at least wants a name that it does not have; that one goes
    /// back to its served version, or out. Each round sends one back, so that the rounds end.
    /// </summary>
    private Dictionary<string, TenantOptions> Decide()
    {
        var settled = new SortedDictionary<string, TenantOptions>(_wanted, StringComparer.Ordinal);
        HashSet<ServerNameClash> clashes = [];
        while (ServerNameClash.In(settled.Values).FirstOrDefault() is { ServerName: not null } clash)
        {
            if (IsServedUnder(clash.Later, clash.ServerName))
                clash = clash with { Earlier = clash.Later, Later = clash.Earlier };
            clashes.Add(clash);
            if (!_clashes.Contains(clash))
                LogClash(clash.Later, clash.ServerName, clash.Earlier);
            if (_served.TryGetValue(clash.Later, out var before))
                settled[clash.Later] = Revocations.Of(_wanted[clash.Later]).ApplyTo(before)!;
            else
                settled.Remove(clash.Later);
        }
        _clashes = clashes;
        return new(settled, StringComparer.Ordinal);
    }

    private bool IsServedUnder(string tenant, string serverName) =>
        _served.TryGetValue(tenant, out var options) && options.ServerNames.Contains(serverName);

    [LoggerMessage(Level = LogLevel.Error, Message = "{Mistake}")]
    private partial void LogMistake(TenantsFileError mistake);

    [LoggerMessage(Level = LogLevel.Error, Message = "Tenant {Tenant}: change refused, {Mistakes} mistakes; the tenant keeps its old definition, but users that were removed or have other credentials are revoked")]
    private partial void LogKept(string tenant, int mistakes);

    [LoggerMessage(Level = LogLevel.Error, Message = "Tenant {Tenant}: not served, {Mistakes} mistakes")]
    private partial void LogNotServed(string tenant, int mistakes);

    [LoggerMessage(
        Level = LogLevel.Error,
        Message = "Tenant {Tenant}: change refused, server name {ServerName} belongs to tenant {Owner}; the tenant keeps its old definition, or is not served if it is new")]
    private partial void LogClash(string tenant, string serverName, string owner);
}
