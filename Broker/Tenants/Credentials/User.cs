using Orleans;
using Starling.Protocol;

namespace Starling.Broker.Tenants.Credentials;

/// <summary>Who a connection proved to be. <see cref="Name"/> is null for an anonymous client.</summary>
[GenerateSerializer, Immutable, Alias("starling.user")]
public sealed record User([Id(0)] string? Name)
{
    public static User Anonymous { get; } = new((string?)null);

    public bool IsAnonymous => Name is null;
}

/// <summary>The outcome of an authentication; <see cref="User"/> is set exactly when <see cref="ReasonCode"/> is Success.</summary>
public readonly record struct AuthenticationResult(ReasonCode ReasonCode, User? User)
{
    public bool IsSuccess => User is not null;

    internal static AuthenticationResult Accept(User user) => new(ReasonCode.Success, user);

    internal static AuthenticationResult Refuse(ReasonCode reason) => new(reason, null);
}
