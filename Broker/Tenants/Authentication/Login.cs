using Starling.Broker.Tenants.Credentials;

namespace Starling.Broker.Tenants.Authentication;

/// <summary>
/// What a client has logged in with. A login takes time, and a connection stays for long: whether its tenant would still let it in is asked
/// when the connection is known to its edge, and with each change of the tenant from then on.
/// </summary>
public sealed class Login
{
    private readonly Tenant _tenant;
    private readonly UserOptions? _options;
    private readonly PresentedCertificate? _certificate;
    private readonly string? _passwordHash;

    /// <param name="options">The user as it was when the credentials were looked up; null for an anonymous client.</param>
    /// <param name="certificate">The certificate, if that was what it logged in with.</param>
    /// <param name="passwordHash">The hash that the password was compared with, if it was a password.</param>
    internal Login(Tenant tenant, UserOptions? options, PresentedCertificate? certificate = null, string? passwordHash = null)
    {
        _passwordHash = passwordHash;
        _tenant = tenant;
        _options = options;
        _certificate = certificate;
        User = options is null ? User.Anonymous : new User(options.Name);
    }

    public User User { get; }

    /// <summary>False once the user is gone, disabled, expired or has other credentials, or the certificate means another one or nobody.</summary>
    public bool IsStillGood()
    {
        if (_tenant.IsRemoved)
            return false;
        var settings = _tenant.Settings;
        if (_options is null)
            return settings.Options.Anonymous is not null;
        if (!settings.TryGetUser(_options.Name, out var now) || !now.IsUsable(_tenant.Now) || !IsAccepted(now))
            return false;
        return _certificate is null || settings.FindByCertificate(_certificate, _options.Name) is not null;
    }

    /// <summary>Other credentials close a connection; but a password that has only become the previous one stays what it is.</summary>
    private bool IsAccepted(UserOptions now)
    {
        if (now.Scram != _options!.Scram || !now.Certificates.Equals(_options.Certificates))
            return false;
        var previous = now.PreviousHashAt(_tenant.Now);
        return _passwordHash is null
            ? now.PasswordHash == _options.PasswordHash || (_options.PasswordHash is not null && previous == _options.PasswordHash)
            : now.PasswordHash == _passwordHash || previous == _passwordHash;
    }
}
