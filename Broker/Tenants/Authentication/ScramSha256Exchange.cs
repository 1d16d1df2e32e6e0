using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Starling.Broker.Tenants.Collisions;
using Starling.Broker.Tenants.Credentials;
using Starling.Protocol;

namespace Starling.Broker.Tenants.Authentication;

/// <summary>
/// The server's side of one SCRAM-SHA-256 authentication (RFC 5802, RFC 7677). Two steps: the client's first message is answered with
/// salt and iterations, its second with the proof that the broker knows the credential too. Channel binding is not offered: a client
/// that insists (<c>p=</c>) gets Bad authentication method (0x8C), one that could but saw no offer (<c>y</c>) or can't (<c>n</c>) is
/// fine. Every other failure is Not authorized (0x87), which unlike 0x86 may be sent in a DISCONNECT as well. A user that doesn't
/// exist, or has no SCRAM credential, gets a salt that is always the same for that name and fails only at the proof. After many failures
/// the answer is Server busy (0x89) for a while (<see cref="FailedLogins"/>). Not thread-safe.
/// </summary>
public sealed class ScramSha256Exchange
{
    public const string Method = "SCRAM-SHA-256";

    private readonly Tenant _tenant;
    private readonly string? _requiredUser;
    private readonly FailedLogins _failed;
    private readonly Place? _place;
    private readonly string _serverNonce;
    private ScramClientFirst? _first;
    private ScramCredential? _credential;
    private string _serverFirst = string.Empty;
    private bool _isKnown;
    private bool _ended;

    internal ScramSha256Exchange(Tenant tenant, string? requiredUser, FailedLogins failed, Place? place, string serverNonce)
    {
        _tenant = tenant;
        _requiredUser = requiredUser;
        _failed = failed;
        _place = place;
        _serverNonce = serverNonce;
    }

    /// <summary>The user a first message is about, tenant part included: to find the tenant of a CONNECT that has no user name.</summary>
    public static string? UserNameIn(ReadOnlySpan<byte> clientFirst) =>
        ScramClientFirst.TryParse(clientFirst, out var message) ? message.UserName : null;

    /// <summary>Takes the Authentication Data of a CONNECT or AUTH packet.</summary>
    /// <exception cref="InvalidOperationException">The exchange ended with an earlier step.</exception>
    public ScramStep Step(ReadOnlySpan<byte> clientData)
    {
        if (_ended)
            throw new InvalidOperationException("The exchange has ended.");
        var step = _first is null ? First(clientData) : Final(clientData, _first, _credential!);
        _ended = step.ReasonCode != ReasonCode.ContinueAuthentication;
        if (step.ReasonCode == ReasonCode.Success)
            _failed.Succeeded(_tenant.Name, UserName, _place);
        else if (step.ReasonCode == ReasonCode.NotAuthorized && _first is not null)
            _failed.Failed(_tenant.Name, UserName, _place);
        return step;
    }

    internal static string NewNonce() => Convert.ToBase64String(RandomNumberGenerator.GetBytes(18));

    private string UserName => TenantResolver.WithoutTenant(_tenant.Name, _first!.UserName);

    private ScramStep First(ReadOnlySpan<byte> data)
    {
        if (!ScramClientFirst.TryParse(data, out _first))
            return ScramStep.Failure(ReasonCode.NotAuthorized);
        if (_first.WantsChannelBinding)
            return ScramStep.Failure(ReasonCode.BadAuthenticationMethod);
        if (_failed.IsHeldOff(_tenant.Name, UserName, _place))
            return ScramStep.Failure(ReasonCode.ServerBusy);
        var settings = _tenant.Settings;
        var known = settings.TryGetUser(UserName, out var user) && user.IsUsable(_tenant.Now) ? user.Scram : null;
        _isKnown = known is not null;
        _credential = known ?? settings.UnmatchableScram(UserName);
        _serverFirst = string.Create(
            CultureInfo.InvariantCulture,
            $"r={_first.Nonce}{_serverNonce},s={Convert.ToBase64String(_credential.Salt.Span)},i={_credential.Iterations}");
        return ScramStep.Continue(Encoding.UTF8.GetBytes(_serverFirst));
    }

    private ScramStep Final(ReadOnlySpan<byte> data, ScramClientFirst first, ScramCredential credential)
    {
        var failure = ScramStep.Failure(ReasonCode.NotAuthorized);
        if (!ScramClientFinal.TryParse(data, out var final) || final.Nonce != first.Nonce + _serverNonce)
            return failure;
        if (final.ChannelBinding != Convert.ToBase64String(Encoding.UTF8.GetBytes(first.Gs2Header)))
            return failure;
        var signed = Encoding.UTF8.GetBytes($"{first.Bare},{_serverFirst},{final.WithoutProof}");
        if (!ProofIsRight(final.Proof, signed, credential) || !_isKnown || Find(credential) is not { } user)
            return failure;
        if (_requiredUser is not null && _requiredUser != UserName)
            return failure;
        var signature = HMACSHA256.HashData(credential.ServerKey.Span, signed);
        return ScramStep.Success(Encoding.UTF8.GetBytes($"v={Convert.ToBase64String(signature)}"), new(_tenant, user));
    }

    /// <summary>ClientKey := ClientProof XOR HMAC(StoredKey, AuthMessage); it is right when H(ClientKey) = StoredKey.</summary>
    private static bool ProofIsRight(byte[] proof, byte[] signed, ScramCredential credential)
    {
        var key = HMACSHA256.HashData(credential.StoredKey.Span, signed);
        if (proof.Length != key.Length)
            return false;
        for (var i = 0; i < key.Length; i++)
            key[i] ^= proof[i];
        return CryptographicOperations.FixedTimeEquals(SHA256.HashData(key), credential.StoredKey.Span);
    }

    /// <summary>Null when it has another credential by now, or is gone.</summary>
    private UserOptions? Find(ScramCredential credential) =>
        !_tenant.IsRemoved && _tenant.Settings.TryGetUser(UserName, out var user) && user.IsUsable(_tenant.Now) && credential.Equals(user.Scram) ? user : null;
}
