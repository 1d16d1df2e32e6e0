using System.Globalization;
using Npgsql;
using Starling.EndToEnd.Tests.Harness;
using Starling.Protocol;
using Starling.Testing;
using Starling.Testing.PostgreSql;

namespace Starling.EndToEnd.Tests.Tenancy;

/// <summary>What a tenant sees does not depend on what another one does, whatever that is and however alike their names are.</summary>
public sealed class TenancyTests(SharedPostgres postgres)
{
    private static readonly char[] Kinds = ['s', 'a', 'b'];

    [Fact]
    public Task A_tenant_sees_the_same_whether_it_is_alone_or_beside_another_with_the_same_names() => CompareAsync(seeds: 6);

    [Fact]
    [Trait("Nightly", "only")]
    public Task A_tenant_sees_the_same_in_many_runs() => CompareAsync(seeds: 60);

    private static async Task CompareAsync(int seeds)
    {
        await using var broker = await BrokerProcess.StartAsync(new BrokerSetup { Tenants = Tenants(seeds, inboxMessages: 4) });

        for (var seed = 0; seed < seeds; seed++)
            await CompareAsync(broker, seed, length: 60);
    }

    [Fact]
    public async Task Same_names_in_two_tenants_do_not_mix_in_PostgreSQL()
    {
        var database = await postgres.CreateDatabaseAsync();
        await using var broker = await BrokerProcess.StartAsync(new BrokerSetup { Tenants = Tenants(3, inboxMessages: 100_000), Database = database });

        for (var seed = 0; seed < 3; seed++)
            await CompareAsync(broker, seed, length: 40);

        await using var source = NpgsqlDataSource.Create(database);
        await using var command = source.CreateCommand("select count(distinct tenant) from starling.retained");
        Convert.ToInt32(await command.ExecuteScalarAsync(TestContext.Current.CancellationToken), CultureInfo.InvariantCulture).ShouldBeGreaterThan(3);
    }

    /// <summary>That the comparison can fail: a little is planted in the tenant before its clients come, and they see it.</summary>
    [Theory]
    [InlineData(0, 3600u)]
    [InlineData(3, 0u)]
    public async Task Clients_notice_a_session_or_retained_messages_that_are_not_theirs(int retained, uint sessionExpiry)
    {
        await using var broker = await BrokerProcess.StartAsync(new BrokerSetup { Tenants = Tenants(1, inboxMessages: 4) });
        var script = Script.Random(seed: 0, length: 60).ToArray();
        await using var alone = new Player(broker, Name('s', 0));
        await alone.PlayAsync(script, TestContext.Current.CancellationToken);

        var resuming = script.OfType<Step.Connect>().DistinctBy(connect => connect.Client).First(connect => !connect.Clean).Client;
        await using (var leak = await MqttTestClient.OpenAsync(broker.EndPoint("any")))
        {
            await leak.ConnectAsync(new ConnectPacket { ClientIdentifier = $"c{resuming}", UserName = Name('a', 0) + "/u", Password = "u"u8.ToArray(), SessionExpiryInterval = sessionExpiry });
            foreach (var topic in script.OfType<Step.Publish>().Select(publish => publish.Topic).Distinct().Take(retained))
                await leak.PublishAsync(topic, "leak", retain: true);
            await leak.DisconnectAsync();
        }

        await using var beside = new Player(broker, Name('a', 0));
        await beside.PlayAsync(script, TestContext.Current.CancellationToken);

        beside.View.ShouldNotBe(alone.View);
    }

    private static async Task CompareAsync(BrokerProcess broker, int seed, int length)
    {
        var script = Script.Random(seed, length);
        await using var alone = new Player(broker, Name('s', seed));
        await alone.PlayAsync(script);
        await alone.CountAsync();

        using var stop = new CancellationTokenSource();
        await using var other = new Player(broker, Name('b', seed));
        var noise = MakeNoiseAsync();
        await using var beside = new Player(broker, Name('a', seed));
        await beside.PlayAsync(script);
        await beside.CountAsync();
        await stop.CancelAsync();
        await noise;

        beside.View.ShouldBe(alone.View, $"seed {seed}");
        alone.View.ShouldContain("SUBACK");

        async Task MakeNoiseAsync()
        {
            for (var round = 0; !stop.IsCancellationRequested; round++)
                await other.PlayAsync(Script.Random(1000 + (seed * 100) + round, length), stop.Token);
        }
    }

    private static string Name(char kind, int seed) => string.Create(CultureInfo.InvariantCulture, $"{kind}{seed:00}");

    /// <summary>For each seed one that is alone, one that is not, and the other one, which has a rate besides.</summary>
    private static string Tenants(int seeds, int inboxMessages) => TenantsJson.Of([.. Enumerable.Range(0, seeds).SelectMany(seed => Kinds.Select(kind => (Name(kind, seed), Tenant(kind, inboxMessages))))]);

    private static object Tenant(char kind, int inboxMessages) => new
    {
        users = new { u = new { passwordHash = PasswordHash.Of("u") } },
        acl = new[] { new { allow = "all", filter = "#" }, new { allow = "subscribe", filter = "$SYS/#" } },
        limits = new
        {
            connections = 4,
            subscriptionsPerClient = 6,
            topicLevels = 5, // as many as $SYS has
            retainedMessages = 3,
            inboxMessages,
            messagesPerSecondIn = kind == 'b' ? 500 : (int?)null,
        },
        clientIdCollisions = new { threshold = 4, windowSeconds = 3600, holdSeconds = 3600, maximumHoldSeconds = 3600 },
    };
}
