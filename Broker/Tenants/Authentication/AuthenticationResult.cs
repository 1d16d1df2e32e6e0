using Starling.Broker.Tenants.Credentials;
using Starling.Protocol;

namespace Starling.Broker.Tenants.Authentication;

/// <summary>The outcome of an authentication; <see cref="Login"/> is set exactly when <see cref="ReasonCode"/> is Success.</summary>
public readonly record struct AuthenticationResult(ReasonCode ReasonCode, Login? Login)
{
    public bool IsSuccess => Login is not null;

    public User? User => Login?.User;

    internal static AuthenticationResult Accept(Login login) => new(ReasonCode.Success, login);

    internal static AuthenticationResult Refuse(ReasonCode reason) => new(reason, null);
}
