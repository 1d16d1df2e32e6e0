using System.Net;
using Starling.Broker.Metrics;
using Starling.Broker.Tenants.Access;
using Starling.Broker.Tenants.Collisions;
using Starling.Broker.Tenants.Credentials;
using Starling.Broker.Tenants.Quotas;

namespace Starling.Broker.Tenants;

/// <summary>A tenant while the process runs: the same object through all reloads of its options, until it is removed. Thread-safe.</summary>
public sealed class Tenant
{
    private readonly AuthorityClaims _authorities;
    private readonly TimeProvider _time;
    private volatile TenantSettings _settings;
    private volatile bool _removed;

    internal Tenant(TenantOptions options, TimeProvider time, TenantMetrics metrics, AuthorityClaims authorities)
    {
        (_authorities, _time) = (authorities, time);
        Name = options.Name;
        _settings = new(options, 1, authorities);
        Quotas = new(options.Name, options.Limits, time, metrics);
    }

    public string Name { get; }

    public TenantOptions Options => _settings.Options;

    /// <summary>Goes up with each change: what was worked out from an older version (<see cref="ClientAccess"/>) is out of date.</summary>
    public long Version => _settings.Version;

    /// <summary>True for ever once the tenant is gone; from then on it has no users and allows nothing.</summary>
    public bool IsRemoved => _removed;

    public TenantQuotas Quotas { get; }

    internal TenantSettings Settings => _settings;

    internal CollisionTable Collisions { get; } = new();

    /// <summary>Whether a client of this user may have this client id.</summary>
    public bool AllowsClientId(User user, string clientId)
    {
        var settings = _settings;
        var own = user.Name is { } name && settings.TryGetUser(name, out var options) ? options.ClientIds : [];
        var patterns = own.Count > 0 ? own : settings.Options.ClientIds;
        return patterns.Count == 0 || patterns.Any(pattern => pattern.Matches(user.Name, clientId));
    }

    /// <summary>The ban that keeps such a client out; null if there is none.</summary>
    /// <param name="user">Its name, proven or only claimed; null for an anonymous client.</param>
    public Ban? FindBan(string? user, string clientId, IPAddress? address)
    {
        var bans = Options.Bans;
        return bans.Count == 0 ? null : bans.FirstOrDefault(ban => ban.Applies(user, clientId, address, Now));
    }

    /// <summary>The time by which users and passwords end.</summary>
    internal DateTimeOffset Now => _time.GetUtcNow();

    /// <summary>Whether a user, a password or a ban ends within this time, the end included.</summary>
    public bool HasEndWithin(DateTimeOffset from, DateTimeOffset to) => _settings.Ends.Any(end => end > from && end <= to);

    public bool HasUser(string name) => _settings.TryGetUser(name, out _);

    /// <summary>What a client may do under the present rules; a user who is gone may do nothing.</summary>
    public ClientAccess AccessFor(User user, string clientId)
    {
        var settings = _settings;
        return new(settings.RulesFor(user).For(user.Name, clientId), settings.Version);
    }

    /// <summary>Called by one thread at a time. Null when nothing is different.</summary>
    internal TenantChange? Apply(TenantOptions options)
    {
        var before = _settings;
        if (before.Options.Equals(options))
            return null;
        _settings = new(options, before.Version + 1, _authorities);
        Quotas.Apply(options.Limits);
        var revoked = before.Options.Users
            .Where(user => !_settings.TryGetUser(user.Name, out var now) || !now.HasSameCredentials(user))
            .Select(user => user.Name);
        return new(this, revoked, before.Options.Anonymous is not null && options.Anonymous is null, isRemoved: false);
    }

    /// <summary>Nothing of its own is different, but something that decides on its clients: they are looked at again.</summary>
    internal TenantChange Touch()
    {
        _settings = new(_settings.Options, _settings.Version + 1, _authorities);
        return new(this, [], isAnonymousRevoked: false, isRemoved: false);
    }

    internal TenantChange Remove()
    {
        _removed = true;
        _settings = new(new TenantOptions { Name = Name }, _settings.Version + 1, _authorities);
        return new(this, [], isAnonymousRevoked: true, isRemoved: true);
    }

    public override string ToString() => Name;
}
