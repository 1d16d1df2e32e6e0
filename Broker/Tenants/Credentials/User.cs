using Orleans;

namespace Starling.Broker.Tenants.Credentials;

/// <summary>Who a connection proved to be. <see cref="Name"/> is null for an anonymous client.</summary>
[GenerateSerializer, Immutable, Alias("starling.user")]
public sealed record User([Id(0)] string? Name)
{
    public static User Anonymous { get; } = new((string?)null);

    public bool IsAnonymous => Name is null;
}
