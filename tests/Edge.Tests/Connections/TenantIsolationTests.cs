using Microsoft.AspNetCore.Identity;
using Microsoft.Extensions.Options;
using Starling.Broker.Tenants;
using Starling.Protocol;
using Starling.Testing;
using static Starling.Edge.Tests.Connections.Subscriptions;
using UserOptions = Starling.Broker.Tenants.UserOptions;

namespace Starling.Edge.Tests.Connections;

/// <summary>Two tenants with the same client ids, topics and share names.</summary>
public sealed class TenantIsolationTests
{
    private static readonly string Hash =
        new PasswordHasher<string>(Options.Create(new PasswordHasherOptions { IterationCount = 1000 })).HashPassword("", "secret");

    private static readonly TenantOptions Acme = TestBroker.Demo with { Name = "acme" };

    [Fact]
    public async Task A_client_id_belongs_to_each_tenant_by_itself()
    {
        await using var broker = await StartAsync();
        await using var here = await broker.ConnectAsync("c");

        await using var there = await ConnectAsync(broker, "acme", "c");

        await here.ExpectNothingAsync();
        await there.ExpectNothingAsync();
    }

    [Theory]
    [InlineData(0u)]
    [InlineData(60u)]
    public async Task Messages_stay_in_their_tenant(uint expiry)
    {
        await using var broker = await StartAsync();
        await using var here = await broker.ConnectAsync("c", expiry: expiry);
        await using var there = await ConnectAsync(broker, "acme", "c", expiry);
        await here.SubscribeAsync("#", QoS1);
        await there.SubscribeAsync("#", QoS1);

        await here.PublishAsync("a", "here", QoS1);
        await there.PublishAsync("a", "there", QoS1);

        (await here.ExpectMessageAsync()).Text.ShouldBe("here");
        (await there.ExpectMessageAsync()).Text.ShouldBe("there");
        await here.ExpectNothingAsync();
        await there.ExpectNothingAsync();
    }

    [Fact]
    public async Task Retained_messages_stay_in_their_tenant()
    {
        await using var broker = await StartAsync();
        await using var here = await broker.ConnectAsync("c");
        await using var there = await ConnectAsync(broker, "acme", "c");
        await here.PublishAsync("a", "here", QoS1, retain: true);
        await there.PublishAsync("a", "", QoS1, retain: true);

        await there.SubscribeAsync("#");
        await there.ExpectNothingAsync();

        await here.SubscribeAsync("#");
        (await here.ExpectMessageAsync()).Text.ShouldBe("here");
    }

    [Fact]
    public async Task Shared_subscriptions_stay_in_their_tenant()
    {
        await using var broker = await StartAsync();
        await using var here = await broker.ConnectAsync("c");
        await using var there = await ConnectAsync(broker, "acme", "c");
        await here.SubscribeAsync("$share/g/a");
        await there.SubscribeAsync("$share/g/a");

        for (var i = 0; i < 4; i++)
            await here.PublishAsync("a", $"{i}", QoS1);

        (await here.ExpectPayloadsAsync(4)).ShouldBe(["0", "1", "2", "3"]);
        await there.ExpectNothingAsync();
    }

    [Fact]
    public async Task Wills_stay_in_their_tenant()
    {
        await using var broker = await StartAsync();
        await using var here = await broker.ConnectAsync("watcher");
        await using var there = await ConnectAsync(broker, "acme", "watcher");
        await here.SubscribeAsync("#");
        await there.SubscribeAsync("#");
        await using var dies = await broker.OpenAsync();
        await dies.ConnectAsync(new ConnectPacket { ClientIdentifier = "dies", Will = new Will { Topic = "w", Payload = "will"u8.ToArray() } });

        await dies.DisconnectAsync(ReasonCode.DisconnectWithWillMessage);

        (await here.ExpectMessageAsync()).Text.ShouldBe("will");
        await there.ExpectNothingAsync();
    }

    [Fact]
    public async Task A_durable_session_is_found_in_its_own_tenant_only()
    {
        await using var broker = await StartAsync();
        await using (var here = await broker.ConnectAsync("c", expiry: 60))
        {
            await here.SubscribeAsync("a", QoS1);
            await here.DisconnectAsync();
        }

        await using var client = await broker.OpenAsync();
        var connAck = await client.ConnectAsync(Connect("acme", "c", 60) with { CleanStart = false });

        connAck.SessionPresent.ShouldBeFalse();
        (await client.PublishAsync("a", "1", QoS1)).ShouldBe(ReasonCode.NoMatchingSubscribers);
    }

    [Fact]
    public async Task No_local_does_not_take_the_namesake_of_another_tenant_for_the_client()
    {
        await using var broker = await StartAsync();
        await using var there = await ConnectAsync(broker, "acme", "c");
        await using var publisher = await ConnectAsync(broker, "acme", "p");
        await there.SubscribeAsync("a", new SubscriptionOptions(QoS1, NoLocal: true));

        await publisher.PublishAsync("a", "1", QoS1);

        (await there.ExpectMessageAsync()).Text.ShouldBe("1");
    }

    /// <summary>Connects to another tenant than the listener's.</summary>
    internal static async Task<MqttTestClient> ConnectAsync(TestBroker broker, string tenant, string clientId, uint expiry = 0)
    {
        var client = await broker.OpenAsync();
        (await client.ConnectAsync(Connect(tenant, clientId, expiry))).ReasonCode.ShouldBe(ReasonCode.Success);
        return client;
    }

    private static ConnectPacket Connect(string tenant, string clientId, uint expiry) => new()
    {
        ClientIdentifier = clientId,
        SessionExpiryInterval = expiry,
        UserName = tenant + "/user",
        Password = "secret"u8.ToArray(),
    };

    private static Task<TestBroker> StartAsync() => TestBroker.StartAsync(demo: null, time: null, limits: null, WithUser(Acme));

    internal static TenantOptions WithUser(TenantOptions tenant) =>
        tenant with { Users = [new UserOptions { Name = "user", PasswordHash = Hash }] };
}
