using System.Collections.Frozen;
using System.Diagnostics.CodeAnalysis;
using Starling.Broker.Metrics;

namespace Starling.Broker.Tenants;

/// <summary>Holds the tenants; <see cref="Apply"/> swaps in new settings without disturbing what stays the same.</summary>
public sealed class TenantDirectory(TimeProvider time, TenantMetrics metrics) : ITenantDirectory
{
    private readonly Lock _applying = new();
    private readonly AuthorityClaims _authorities = new();
    private volatile Snapshot _snapshot = new([]);

    public event Action<TenantChange>? Changed;

    /// <summary>Mistakes in the latest settings, which are therefore not in force, or not all of them.</summary>
    public int Mistakes { get => Volatile.Read(ref field); set => Volatile.Write(ref field, value); }

    public IReadOnlyCollection<Tenant> Tenants => _snapshot.ByName.Values;

    public bool TryGet(string name, [NotNullWhen(true)] out Tenant? tenant) => _snapshot.ByName.TryGetValue(name, out tenant);

    public bool TryGetByServerName(string serverName, [NotNullWhen(true)] out Tenant? tenant)
    {
        var names = _snapshot.ByServerName;
        var name = ServerName.Normalize(serverName);
        if (names.TryGetValue(name, out tenant))
            return true;
        var dot = name.IndexOf('.');
        return dot > 0 && names.TryGetValue("*" + name[dot..], out tenant);
    }

    /// <summary>Makes these the tenants: adds, changes and removes as needed, then raises <see cref="Changed"/> for each change.</summary>
    /// <param name="tenants">Valid options; each name, and each server name, once.</param>
    public void Apply(IEnumerable<TenantOptions> tenants)
    {
        lock (_applying)
        {
            var before = _snapshot.ByName;
            List<Tenant> after = [];
            List<TenantChange> changes = [];
            var wanted = tenants.ToArray();
            var hasNewAuthorities = _authorities.Replace(wanted);
            foreach (var options in wanted)
            {
                if (!before.TryGetValue(options.Name, out var tenant))
                    tenant = new Tenant(options, time, metrics, _authorities);
                else if (tenant.Apply(options) is { } change)
                    changes.Add(change);
                else if (hasNewAuthorities)
                    changes.Add(tenant.Touch());
                after.Add(tenant);
            }
            _snapshot = new(after);
            changes.AddRange(before.Values.Except(after).Select(tenant => tenant.Remove()));
            foreach (var change in changes)
                Changed?.Invoke(change);
        }
    }

    private sealed class Snapshot(IReadOnlyList<Tenant> tenants)
    {
        public FrozenDictionary<string, Tenant> ByName { get; } =
            tenants.ToFrozenDictionary(tenant => tenant.Name, StringComparer.Ordinal);

        public FrozenDictionary<string, Tenant> ByServerName { get; } = tenants
            .SelectMany(tenant => tenant.Options.ServerNames, (tenant, name) => KeyValuePair.Create(name, tenant))
            .ToFrozenDictionary(StringComparer.OrdinalIgnoreCase);
    }
}
