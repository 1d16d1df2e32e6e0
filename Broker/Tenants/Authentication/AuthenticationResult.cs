using Starling.Broker.Tenants.Credentials;
using Starling.Protocol;

namespace Starling.Broker.Tenants.Authentication;

/// <summary>The outcome of an authentication; <see cref="User"/> is set exactly when <see cref="ReasonCode"/> is Success.</summary>
public readonly record struct AuthenticationResult(ReasonCode ReasonCode, User? User)
{
    public bool IsSuccess => User is not null;

    internal static AuthenticationResult Accept(User user) => new(ReasonCode.Success, user);

    internal static AuthenticationResult Refuse(ReasonCode reason) => new(reason, null);
}
