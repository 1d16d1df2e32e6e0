using System.Net;
using Microsoft.Extensions.Logging;
using Starling.Broker.Metrics;
using Starling.Broker.Tenants.Collisions;
using Starling.Broker.Tenants.Credentials;
using Starling.Protocol;

namespace Starling.Broker.Tenants.Authentication;

/// <summary>Tells who a client is, from what its CONNECT and its TLS connection bring along. One for the process; thread-safe.</summary>
public sealed partial class Authenticator : IDisposable
{
    private readonly VerifiedCredentials _verified;
    private readonly PasswordChecker _checker;
    private readonly SharedChecks _checks;
    private readonly TenantMetrics _metrics;
    private readonly ILogger<Authenticator> _logger;
    private readonly FailedLogins _failed;

    public Authenticator(AuthenticatorOptions options, TimeProvider time, TenantMetrics metrics, ILogger<Authenticator> logger)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(options.Threads, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(options.QueueLength, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(options.QueueLengthPerTenant, 1);
        _verified = new(time, options.VerifiedLifetime);
        _checker = new(options);
        _checks = new(_verified, _checker);
        _metrics = metrics;
        _logger = logger;
        _failed = new(time);
    }

    /// <summary>
    /// A client that names no user is the user its certificate is mapped to, else anonymous if the tenant allows that, else refused with
    /// Not authorized (0x87). A client that names a user needs that user's password, or no password and a certificate mapped to that very
    /// user; anything else is Bad user name or password (0x86), after the same work whether the user exists or not. A password without a
    /// user is refused the same way: it was meant to prove something. Server busy (0x89) means that too many passwords wait to be checked, or
    /// that too many were wrong (<see cref="FailedLogins"/>).
    /// </summary>
    /// <param name="tenant">The tenant the client belongs to (<see cref="TenantResolver"/>).</param>
    /// <param name="userName">Without the tenant part. Null and empty are the same.</param>
    /// <param name="password">Borrowed until the call returns a result.</param>
    /// <param name="certificate">The client's certificate, its chain already verified by the listener.</param>
    /// <param name="address">Where the client is; null when that is not known.</param>
    /// <param name="cancellation">Takes a login that still waits out of the queue.</param>
    public ValueTask<AuthenticationResult> AuthenticateAsync(
        Tenant tenant,
        string? userName,
        ReadOnlyMemory<byte>? password,
        PresentedCertificate? certificate,
        IPAddress? address,
        CancellationToken cancellation)
    {
        var settings = tenant.Settings;
        var hasPassword = password is { IsEmpty: false };
        if (string.IsNullOrEmpty(userName))
        {
            if (hasPassword)
                return ValueTask.FromResult(Refused(tenant, userName, ReasonCode.BadUserNameOrPassword));
            if (certificate is not null && settings.FindByCertificate(certificate, null) is { } mapped && mapped.IsUsable(tenant.Now))
                return ValueTask.FromResult(Accepted(tenant, new(tenant, mapped, certificate), "certificate"));
            return ValueTask.FromResult(settings.Options.Anonymous is null
                ? Refused(tenant, userName, ReasonCode.NotAuthorized)
                : Accepted(tenant, new(tenant, null), "anonymous"));
        }
        if (!hasPassword && certificate is not null && settings.FindByCertificate(certificate, userName) is { } named && named.IsUsable(tenant.Now))
            return ValueTask.FromResult(Accepted(tenant, new(tenant, named, certificate), "certificate"));

        // One that may not log in is one who does not exist.
        var user = settings.TryGetUser(userName, out var found) && found.IsUsable(tenant.Now) ? found : null;
        var given = password.GetValueOrDefault();
        foreach (var hash in (ReadOnlySpan<string?>)[user?.PasswordHash, user?.PreviousHashAt(tenant.Now)])
        {
            if (hash is not null && _verified.Contains(tenant.Name, userName, hash, given.Span))
                return ValueTask.FromResult(Accepted(tenant, new(tenant, user, passwordHash: hash), "password"));
        }

        Place? place = address is null ? null : Place.Of(address);
        return _failed.IsHeldOff(tenant.Name, userName, place)
            ? ValueTask.FromResult(Refused(tenant, userName, ReasonCode.ServerBusy))
            : CheckAsync(tenant, settings, userName, user, place, given, cancellation);
    }

    /// <summary>Starts a SCRAM-SHA-256 exchange (MQTT 5 enhanced authentication).</summary>
    /// <param name="tenant">The tenant the client belongs to.</param>
    /// <param name="requiredUser">The user that the exchange must be about: the one the CONNECT named, or, when a connection
    /// re-authenticates, the one it has. Null: any user of the tenant.</param>
    /// <param name="address">Where the client is; null when that is not known.</param>
    public ScramSha256Exchange BeginScramSha256(Tenant tenant, string? requiredUser, IPAddress? address) =>
        new(tenant, requiredUser, _failed, address is null ? null : Place.Of(address), ScramSha256Exchange.NewNonce());

    /// <summary>Counts and logs the end of an enhanced authentication.</summary>
    public AuthenticationResult Record(Tenant tenant, ScramStep last) => last.Login is { } login
        ? Accepted(tenant, login, "scram")
        : Refused(tenant, null, last.ReasonCode);

    /// <summary>Drops remembered passwords of the users that changed. Subscribe it to <see cref="ITenantDirectory.Changed"/>.</summary>
    public void Forget(TenantChange change)
    {
        if (change.IsRemoved)
            _verified.Forget(change.Tenant.Name);
        foreach (var user in change.RevokedUsers)
            _verified.Forget(change.Tenant.Name, user);
    }

    public void Dispose() => _checker.Dispose();

    private async ValueTask<AuthenticationResult> CheckAsync(
        Tenant tenant,
        TenantSettings settings,
        string userName,
        UserOptions? user,
        Place? place,
        ReadOnlyMemory<byte> password,
        CancellationToken cancellation)
    {
        var compared = user?.PasswordHash ?? settings.UnmatchableHash;
        var previous = user?.PreviousHashAt(tenant.Now);
        var verdict = await _checks
            .CheckAsync(tenant.Name, userName, place ?? default, compared, previous, settings.PaddingOf(compared, previous), password, cancellation)
            .ConfigureAwait(false);
        if (verdict == PasswordVerdict.Busy)
            return Refused(tenant, userName, ReasonCode.ServerBusy);
        // The settings may have changed while the password waited for its turn.
        var hash = verdict == PasswordVerdict.RightBefore ? previous : user?.PasswordHash;
        var login = verdict == PasswordVerdict.Wrong || hash is null ? null : new Login(tenant, user, passwordHash: hash);
        if (login?.IsStillGood() != true)
        {
            _failed.Failed(tenant.Name, userName, place);
            return Refused(tenant, userName, ReasonCode.BadUserNameOrPassword);
        }

        _failed.Succeeded(tenant.Name, userName, place);
        _verified.Add(tenant.Name, userName, hash!, password.Span);
        return Accepted(tenant, login, "password");
    }

    private AuthenticationResult Accepted(Tenant tenant, Login login, string method)
    {
        _metrics.AuthenticationSucceeded(tenant.Name, method);
        return AuthenticationResult.Accept(login);
    }

    private AuthenticationResult Refused(Tenant tenant, string? userName, ReasonCode reason)
    {
        _metrics.AuthenticationFailed(tenant.Name, reason);
        LogRefused(tenant.Name, userName, reason);
        return AuthenticationResult.Refuse(reason);
    }
}
