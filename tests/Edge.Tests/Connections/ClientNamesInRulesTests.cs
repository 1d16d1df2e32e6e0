using Microsoft.AspNetCore.Identity;
using Microsoft.Extensions.Options;
using Starling.Protocol;
using Starling.Testing;
using static Starling.Edge.Tests.Connections.Subscriptions;
using UserOptions = Starling.Broker.Tenants.UserOptions;

namespace Starling.Edge.Tests.Connections;

/// <summary>Client ids and user names in rules: no name opens what belongs to others (CVE-2017-7650).</summary>
public sealed class ClientNamesInRulesTests
{
    [Theory]
    [InlineData("+")]
    [InlineData("#")]
    [InlineData("a/b")]
    [InlineData("+/#")]
    public async Task A_client_id_with_a_special_character_opens_nothing(string clientId)
    {
        await using var broker = await TestBroker.StartAsync(AclRules.Demo("allow all devices/%c/#", "allow all %c/x"));
        await using var client = await broker.ConnectAsync(clientId);

        var subAck = await client.SubscribeAsync(To("devices/+/#"), To("devices/#"), To("devices/other/x"), To("a/b/x"), To("+/x"));

        subAck.ReasonCodes.ShouldAllBe(code => code == ReasonCode.NotAuthorized);
        (await client.PublishAsync("devices/other/x", "1", QoS1)).ShouldBe(ReasonCode.NotAuthorized);
        (await client.PublishAsync("devices/a/b", "1", QoS1)).ShouldBe(ReasonCode.NotAuthorized);
    }

    [Fact]
    public async Task A_client_id_opens_its_own_topics_and_no_others()
    {
        await using var broker = await TestBroker.StartAsync(AclRules.Demo("allow all devices/%c/#"));
        await using var client = await broker.ConnectAsync("d7");

        var subAck = await client.SubscribeAsync(To("devices/d7/#"), To("devices/d8/#"), To("devices/+/x"));

        subAck.ReasonCodes.ShouldBe([ReasonCode.GrantedQoS0, ReasonCode.NotAuthorized, ReasonCode.NotAuthorized]);
    }

    [Fact]
    public async Task A_client_id_does_not_open_the_brokers_own_topics()
    {
        await using var broker = await TestBroker.StartAsync(AclRules.Demo("allow all %c/#"));
        await using var client = await broker.ConnectAsync("$SYS");

        (await client.SubscribeAsync(To("$SYS/#"))).ReasonCodes.ShouldBe([ReasonCode.NotAuthorized]);
    }

    [Theory]
    [InlineData("+")]
    [InlineData("#")]
    public async Task A_user_name_with_a_special_character_opens_nothing(string name)
    {
        await using var broker = await TestBroker.StartAsync(AclRules.Demo("allow all users/%u/#") with { Users = [User(name)] });
        await using var client = await ConnectAsync(broker, name);

        var subAck = await client.SubscribeAsync(To("users/+/#"), To("users/#"), To("users/other/x"));

        subAck.ReasonCodes.ShouldAllBe(code => code == ReasonCode.NotAuthorized);
    }

    [Fact]
    public async Task A_user_name_opens_its_own_topics_and_no_others()
    {
        await using var broker = await TestBroker.StartAsync(AclRules.Demo("allow all users/%u/#") with { Users = [User("ann"), User("bob")] });
        await using var client = await ConnectAsync(broker, "ann");

        var subAck = await client.SubscribeAsync(To("users/ann/#"), To("users/bob/#"));

        subAck.ReasonCodes.ShouldBe([ReasonCode.GrantedQoS0, ReasonCode.NotAuthorized]);
    }

    private static UserOptions User(string name)
    {
        var hasher = new PasswordHasher<string>(Options.Create(new PasswordHasherOptions { IterationCount = 1000 }));
        return new UserOptions { Name = name, PasswordHash = hasher.HashPassword(name, "secret") };
    }

    private static async Task<MqttTestClient> ConnectAsync(TestBroker broker, string userName)
    {
        var client = await broker.OpenAsync();
        var connAck = await client.ConnectAsync(new ConnectPacket { ClientIdentifier = "c", UserName = userName, Password = "secret"u8.ToArray() });
        connAck.ReasonCode.ShouldBe(ReasonCode.Success);
        return client;
    }
}
