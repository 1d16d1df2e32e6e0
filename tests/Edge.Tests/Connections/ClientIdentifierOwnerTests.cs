using Microsoft.AspNetCore.Identity;
using Starling.Broker.Tenants;
using Starling.Broker.Tenants.Access;
using Starling.Broker.Tenants.Credentials;
using Starling.Protocol;
using Starling.Testing;
using static Starling.Edge.Tests.Connections.Subscriptions;
using UserOptions = Starling.Broker.Tenants.UserOptions;

namespace Starling.Edge.Tests.Connections;

/// <summary>Client identifiers and the users that may have them.</summary>
public sealed class ClientIdentifierOwnerTests
{
    private static readonly string Hash = new PasswordHasher<User>().HashPassword(User.Anonymous, "secret");

    private static readonly TenantOptions Tenant = TestBroker.Demo with
    {
        Users = [new UserOptions { Name = "ann", PasswordHash = Hash }, new UserOptions { Name = "bob", PasswordHash = Hash }],
    };

    public static TheoryData<ProtocolVersion> Versions => new(Enum.GetValues<ProtocolVersion>());

    [Theory]
    [MemberData(nameof(Versions))]
    public async Task Another_user_is_refused_the_client_identifier_of_a_session(ProtocolVersion version)
    {
        await using var broker = await TestBroker.StartAsync(Tenant);
        await using var publisher = await broker.ConnectAsync("p");
        var ann = await ConnectAsync(broker, "ann", version);
        await ann.SubscribeAsync("a", QoS1);
        await ann.DisposeAsync();
        await publisher.PublishAsync("a", "for ann", QoS1);

        await using var thief = await broker.OpenAsync(version);
        (await thief.ConnectAsync(As("bob", version))).ReasonCode.ShouldBe(ReasonCode.ClientIdentifierNotValid);
        await thief.ExpectClosedAsync();

        await using var again = await ConnectAsync(broker, "ann", version);
        (await again.ExpectMessageAsync()).Text.ShouldBe("for ann");
    }

    [Fact]
    public async Task Another_user_does_not_close_a_connection()
    {
        await using var broker = await TestBroker.StartAsync(Tenant);
        await using var ann = await ConnectAsync(broker, "ann", ProtocolVersion.Mqtt5);
        await using var thief = await broker.OpenAsync();

        (await thief.ConnectAsync(As("bob", ProtocolVersion.Mqtt5))).ReasonCode.ShouldBe(ReasonCode.ClientIdentifierNotValid);

        await ann.ExpectNothingAsync();
    }

    [Fact]
    public async Task A_user_may_have_the_client_identifiers_of_its_patterns_only()
    {
        await using var broker = await TestBroker.StartAsync(Tenant with { ClientIds = [ClientIdPattern.Parse("%u-*")] });

        foreach (var (clientId, reason) in new[] { ("ann-1", ReasonCode.Success), ("bob-1", ReasonCode.ClientIdentifierNotValid), ("", ReasonCode.Success) })
        {
            await using var client = await broker.OpenAsync();
            (await client.ConnectAsync(As("ann", ProtocolVersion.Mqtt5) with { ClientIdentifier = clientId })).ReasonCode.ShouldBe(reason);
        }
    }

    [Fact]
    public async Task A_connection_whose_client_identifier_is_not_allowed_any_more_is_closed()
    {
        await using var broker = await TestBroker.StartAsync(Tenant);
        await using var ann = await ConnectAsync(broker, "ann", ProtocolVersion.Mqtt5);
        await using var assigned = await broker.OpenAsync();
        await assigned.ConnectAsync(As("ann", ProtocolVersion.Mqtt5) with { ClientIdentifier = "" });

        broker.Tenants.Apply([Tenant with { ClientIds = [ClientIdPattern.Parse("%u")] }]);

        await ann.ExpectDisconnectedAsync(ReasonCode.NotAuthorized);
        await assigned.ExpectNothingAsync();
    }

    private static async Task<MqttTestClient> ConnectAsync(TestBroker broker, string user, ProtocolVersion version)
    {
        var client = await broker.OpenAsync(version);
        (await client.ConnectAsync(As(user, version))).ReasonCode.ShouldBe(ReasonCode.Success);
        return client;
    }

    private static ConnectPacket As(string user, ProtocolVersion version) => new()
    {
        ProtocolVersion = version,
        ClientIdentifier = "c",
        CleanStart = false,
        SessionExpiryInterval = version == ProtocolVersion.Mqtt5 ? 60 : null,
        UserName = user,
        Password = "secret"u8.ToArray(),
    };
}
