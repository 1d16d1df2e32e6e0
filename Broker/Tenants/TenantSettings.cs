using System.Collections.Frozen;
using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using System.Text;
using Starling.Broker.Tenants.Access;
using Starling.Broker.Tenants.Credentials;

namespace Starling.Broker.Tenants;

/// <summary>One version of a tenant's options, with what is looked up in them.</summary>
internal sealed class TenantSettings
{
    private readonly FrozenDictionary<string, UserOptions> _users;
    private readonly FrozenDictionary<string, AccessRules> _rules;
    private readonly FrozenDictionary<CertificateMatch, UserOptions> _certificates;
    private readonly AccessRules _anonymous;
    private readonly AuthorityClaims _authorities;
    private readonly byte[] _unknownUserSecret;
    private readonly uint _mostIterations;
    private readonly int _scramIterations;
    private readonly int _scramSaltLength;

    /// <param name="authorities">What all tenants of the directory have named.</param>
    public TenantSettings(TenantOptions options, long version, AuthorityClaims authorities)
    {
        Options = options;
        _authorities = authorities;
        Version = version;
        _users = options.Users.ToFrozenDictionary(user => user.Name, StringComparer.Ordinal);
        var common = new AccessRules([], options.Acl);
        _rules = options.Users.ToFrozenDictionary(
            user => user.Name,
            user => user.Acl.Count == 0 ? common : new AccessRules(user.Acl, options.Acl),
            StringComparer.Ordinal);
        _anonymous = options.Anonymous is { } anonymous ? new AccessRules(anonymous.Acl, options.Acl) : AccessRules.None;
        _certificates = options.Users
            .SelectMany(user => user.Certificates, (user, match) => KeyValuePair.Create(match, user))
            .DistinctBy(pair => pair.Key)
            .ToFrozenDictionary();
        Ends = [.. options.Users.SelectMany(user => user.Ends)];
        var hashes = options.Users.Select(user => user.PasswordHash).OfType<string>();
        UnmatchableHash = PasswordHashFormat.Unmatchable(hashes.MaxBy(PasswordHashFormat.IterationsOf));
        _mostIterations = options.Users.Select(user => IterationsOf(user.PasswordHash, user.PreviousPasswordHash))
            .Append(PasswordHashFormat.IterationsOf(UnmatchableHash)).Max();
        _unknownUserSecret = UnknownUserSecret(options);
        var usual = options.Users.Select(user => user.Scram).OfType<ScramCredential>()
            .GroupBy(scram => (scram.Iterations, scram.Salt.Length))
            .MaxBy(group => group.Count())?.Key;
        (_scramIterations, _scramSaltLength) = usual ?? (ScramCredential.DefaultIterations, 16);
    }

    public TenantOptions Options { get; }

    public long Version { get; }

    /// <summary>Costs as much to check as the costliest hash of the tenant, so that time doesn't tell which users exist.</summary>
    public string UnmatchableHash { get; }

    public bool TryGetUser(string name, [NotNullWhen(true)] out UserOptions? user) => _users.TryGetValue(name, out user);

    public AccessRules RulesFor(User user) => user.Name is null ? _anonymous : _rules.GetValueOrDefault(user.Name, AccessRules.None);

    /// <summary>
    /// The user that a certificate is mapped to; if it is mapped to several, the wanted one of them, or the first. Names are believed if this
    /// tenant trusts who signed them; a thumbprint stands for one certificate, whoever signed it.
    /// </summary>
    public UserOptions? FindByCertificate(PresentedCertificate certificate, string? wanted)
    {
        bool? isTrusted = null;
        foreach (var name in CertificateMatch.NamesIn(certificate.Leaf))
        {
            if (_certificates.TryGetValue(name, out var user) && (wanted is null || user.Name == wanted)
                && (name.Property == CertificateProperty.Thumbprint
                    || (isTrusted ??= _authorities.AreTrustedBy(Options, certificate.Issuers))))
                return user;
        }
        return null;
    }

    /// <summary>Iterations that a wrong password for this hash has to cost in addition, to take as long as one for a user who does not exist.</summary>
    /// <param name="previous">The hash that is tried after it, or null.</param>
    public uint PaddingOf(string hash, string? previous) => _mostIterations - IterationsOf(hash, previous);

    /// <summary>When users and passwords end.</summary>
    public IReadOnlyList<DateTimeOffset> Ends { get; }

    /// <summary>
    /// A credential for a user who has none: looks like the tenant's others, fits no password, and has the same salt at each call, at every
    /// edge and after a restart.
    /// </summary>
    public ScramCredential UnmatchableScram(string user)
    {
        var salt = HMACSHA512.HashData(_unknownUserSecret, Encoding.UTF8.GetBytes(user));
        return ScramCredential.Unmatchable(_scramIterations, salt.AsSpan(0, _scramSaltLength));
    }

    private static uint IterationsOf(string? hash, string? previous) =>
        (hash is null ? 0 : PasswordHashFormat.IterationsOf(hash)) + (previous is null ? 0 : PasswordHashFormat.IterationsOf(previous));

    /// <summary>
    /// What every process that has the settings knows, and nobody else: from the credentials of two users, so that no user can work it out
    /// from the own password. A change of other users leaves it as it is.
    /// </summary>
    private static byte[] UnknownUserSecret(TenantOptions options)
    {
        var credentials = options.Users
            .Where(user => user.PasswordHash is not null || user.Scram is not null)
            .OrderBy(user => user.Name, StringComparer.Ordinal)
            .Take(2)
            .Select(user => $"{user.PasswordHash}\0{user.Scram?.ToStoredForm()}");
        return SHA256.HashData(Encoding.UTF8.GetBytes($"{options.Name}\0{string.Join('\0', credentials)}"));
    }
}
