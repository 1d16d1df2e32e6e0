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

    /// <param name="options">The user as it was when the credentials were looked up; null for an anonymous client.</param>
    /// <param name="certificate">The certificate, if that was what it logged in with.</param>
    internal Login(Tenant tenant, UserOptions? options, PresentedCertificate? certificate = null)
    {
        _tenant = tenant;
        _options = options;
        _certificate = certificate;
        User = options is null ? User.Anonymous : new User(options.Name);
    }

    public User User { get; }

    /// <summary>False once the user is gone or has other credentials, or the certificate means another one or nobody.</summary>
    public bool IsStillGood()
    {
        if (_tenant.IsRemoved)
            return false;
        var settings = _tenant.Settings;
        if (_options is null)
            return settings.Options.Anonymous is not null;
        if (!settings.TryGetUser(_options.Name, out var now) || !now.HasSameCredentials(_options))
            return false;
        return _certificate is null || settings.FindByCertificate(_certificate, _options.Name) is not null;
    }
}
