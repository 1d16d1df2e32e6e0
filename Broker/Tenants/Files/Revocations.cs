using System.Collections.Frozen;

namespace Starling.Broker.Tenants.Files;

/// <summary>
/// What settings with mistakes take away without doubt. Settings with mistakes are not used, but whoever has removed a user or changed a
/// password must not find out later that a typo elsewhere kept the old one in force: tenants and users that are not there any more, other
/// credentials, and the end of anonymous access hold at once.
/// </summary>
/// <param name="tenants">Those that are there, as far as they could be read.</param>
/// <param name="areAllThere">False when another one may stand under a name that is mistyped.</param>
public sealed class Revocations(IEnumerable<ReadableTenant> tenants, bool areAllThere = true)
{
    private readonly FrozenDictionary<string, ReadableTenant> _tenants = tenants.DistinctBy(tenant => tenant.Options.Name)
        .ToFrozenDictionary(tenant => tenant.Options.Name, StringComparer.Ordinal);

    /// <summary>Of settings without mistakes that are not used for another reason.</summary>
    public static Revocations Of(TenantOptions wanted) => new([new(wanted, AreUsersClear: true, IsAnonymousClear: true, [])]);

    /// <returns>What is left of a tenant that is served; null if it is not there any more.</returns>
    public TenantOptions? ApplyTo(TenantOptions served)
    {
        if (!_tenants.TryGetValue(served.Name, out var tenant))
            return areAllThere ? null : served;
        var left = served;
        if (tenant is { IsAnonymousClear: true, Options.Anonymous: null })
            left = left with { Anonymous = null };
        if (tenant.AreUsersClear)
        {
            var wanted = tenant.Options.Users.DistinctBy(user => user.Name).ToDictionary(user => user.Name, StringComparer.Ordinal);
            left = left with
            {
                Users = [.. left.Users
                    .Where(user => wanted.ContainsKey(user.Name))
                    .Select(user => tenant.UnclearUsers.Contains(user.Name) ? user : user.WithCredentialsOf(wanted[user.Name]))],
            };
        }

        return left;
    }
}

/// <summary>A tenant in settings with mistakes.</summary>
/// <param name="AreUsersClear">Whether its list of users could be read, if not every user in it.</param>
/// <param name="IsAnonymousClear">Whether it says that anonymous clients may not connect, or may.</param>
/// <param name="UnclearUsers">Users with mistakes: their credentials stay as they are.</param>
public sealed record ReadableTenant(TenantOptions Options, bool AreUsersClear, bool IsAnonymousClear, IReadOnlyCollection<string> UnclearUsers);
