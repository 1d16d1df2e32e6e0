using System.Text;
using Starling.EndToEnd.Tests.Harness;
using Starling.Protocol;
using Starling.Testing;

namespace Starling.EndToEnd.Tests.KnownHoles;

/// <summary>Ways round the rules that other brokers have had.</summary>
public sealed class PermissionTests
{
    private static readonly object All = new { allow = "all", filter = "#" };

    [Fact]
    public async Task CVE_2017_7650_A_wildcard_in_a_user_name_or_client_id_is_no_wildcard_in_the_rules()
    {
        await using var broker = await StartAsync(
            ("#", [new { allow = "all", filter = "user/%u" }]), ("+", [new { allow = "all", filter = "user/%u/x" }]), ("c", [new { allow = "all", filter = "client/%c/#" }]));

        foreach (var (user, clientId, filter) in new[] { ("#", "1", "user/#"), ("#", "1", "user/a"), ("+", "1", "user/+/x"), ("+", "1", "user/a/x"), ("c", "#", "client/a"), ("c", "+", "client/a/b"), ("c", "+", "client/#") })
        {
            await using var client = await ConnectAsync(broker, user, clientId);
            (await TrySubscribeAsync(client, filter)).ShouldBe([ReasonCode.NotAuthorized], $"user {user}, client {clientId}, {filter}");
            if (!filter.AsSpan().ContainsAny('+', '#'))
                (await client.PublishAsync(filter, "x", QualityOfService.AtLeastOnce)).ShouldBe(ReasonCode.NotAuthorized);
        }
    }

    [Fact]
    public async Task CVE_2018_12546_Who_has_lost_the_right_to_publish_changes_no_retained_message_and_who_may_not_read_gets_none()
    {
        await using var broker = await StartAsync(("p", [All]), ("admin", [All]), ("reader", [All]));
        await using var publisher = await ConnectAsync(broker, "p", "p");
        await publisher.PublishAsync("a", "old", QualityOfService.AtLeastOnce, retain: true);

        await broker.ChangeTenantsAsync(Tenants(("p", []), ("admin", [All]), ("reader", [new { deny = "subscribe", filter = "a" }, All])));
        (await publisher.PublishAsync("a", "new", QualityOfService.AtLeastOnce, retain: true)).ShouldBe(ReasonCode.NotAuthorized);
        (await publisher.PublishAsync("a", "", QualityOfService.AtLeastOnce, retain: true)).ShouldBe(ReasonCode.NotAuthorized);

        await using var reader = await ConnectAsync(broker, "reader", "r");
        await TrySubscribeAsync(reader, "#");
        await reader.ExpectNothingAsync();
        await using var admin = await ConnectAsync(broker, "admin", "a");
        await admin.SubscribeAsync("#");
        (await admin.ExpectMessageAsync()).Text.ShouldBe("old");
        await admin.PublishAsync("a", "", QualityOfService.AtLeastOnce, retain: true);
        await using var later = await ConnectAsync(broker, "admin", "later");
        await later.SubscribeAsync("#");
        await later.ExpectNothingAsync();
    }

    [Fact]
    public async Task CVE_2021_34434_Stored_subscriptions_and_waiting_messages_are_authorized_again_on_resume()
    {
        await using var broker = await StartAsync(("u", [All]), ("p", [All]));
        await using (var client = await ConnectAsync(broker, "u", "c", expiry: 3600))
        {
            await client.SubscribeAsync("secret", QualityOfService.AtLeastOnce);
            await client.SubscribeAsync("public", QualityOfService.AtLeastOnce);
            await client.DisconnectAsync();
        }

        await using var publisher = await ConnectAsync(broker, "p", "p");
        await publisher.PublishAsync("secret", "1", QualityOfService.AtLeastOnce);
        await broker.ChangeTenantsAsync(Tenants(("u", [new { deny = "all", filter = "secret" }, All]), ("p", [All])));

        await using var resumed = await ConnectAsync(broker, "u", "c", expiry: 3600);
        await publisher.PublishAsync("secret", "2", QualityOfService.AtLeastOnce);
        await publisher.PublishAsync("public", "3", QualityOfService.AtLeastOnce);
        (await resumed.ExpectMessageAsync()).Text.ShouldBe("3");
        (await resumed.UnsubscribeAsync("secret")).ReasonCodes.ShouldBe([ReasonCode.NoSubscriptionExisted]);
    }

    [Fact]
    public async Task CVE_2026_33217_Neither_the_brokers_own_topics_nor_shared_subscriptions_nor_replays_go_round_the_rules()
    {
        await using var broker = await StartAsync(("u", [new { deny = "all", filter = "secret/#" }, All]), ("p", [All]));
        await using var publisher = await ConnectAsync(broker, "p", "p");
        await publisher.PublishAsync("secret/a", "1", QualityOfService.AtLeastOnce, retain: true);
        await using var client = await ConnectAsync(broker, "u", "c", expiry: 3600);

        (await TrySubscribeAsync(client, "secret/a", "$share/g/secret/a", "$share/g/secret/#", "$SYS/#", "$SYS/broker/version", "$share/g/$SYS/#", "$internal/a"))
            .ShouldAllBe(reason => reason == ReasonCode.NotAuthorized);
        (await client.PublishAsync("$SYS/broker/version", "x", QualityOfService.AtLeastOnce)).ShouldBe(ReasonCode.NotAuthorized);
        await TrySubscribeAsync(client, "#", "$share/g/#", "+/a", "$share/h/+/a");

        await publisher.PublishAsync("secret/a", "2", QualityOfService.AtLeastOnce);
        await client.ExpectNothingAsync();
    }

    [Fact]
    public async Task Mochi_503_A_will_is_authorized_like_any_message()
    {
        await using var broker = await StartAsync(("u", [new { deny = "publish", filter = "secret/#" }, All]), ("p", [All]));
        await using var watcher = await ConnectAsync(broker, "p", "w");
        await watcher.SubscribeAsync("#");
        var connect = Login("u", "dying") with { Will = new Will { Topic = "public", Payload = "w"u8.ToArray() } };

        await using (var client = await OpenAsync(broker))
            (await client.ConnectAsync(connect with { Will = new Will { Topic = "secret/a" } })).ReasonCode.ShouldBe(ReasonCode.NotAuthorized);
        await using (var client = await OpenAsync(broker))
        {
            (await client.ConnectAsync(connect)).ReasonCode.ShouldBe(ReasonCode.Success);
            // The right goes while the client is there.
            await broker.ChangeTenantsAsync(Tenants(("u", [new { deny = "publish", filter = "#" }, All]), ("p", [All])));
            await client.DisconnectAsync(ReasonCode.DisconnectWithWillMessage);
        }

        await watcher.ExpectNothingAsync();
    }

    [Fact]
    public async Task Dojot_2529_Every_filter_of_a_SUBSCRIBE_is_checked()
    {
        await using var broker = await StartAsync(("u", [new { deny = "all", filter = "secret/#" }, All]), ("p", [All]));
        await using var client = await ConnectAsync(broker, "u", "c");

        (await TrySubscribeAsync(client, "a", "secret/a", "b", "secret/b")).ShouldBe(
            [ReasonCode.Success, ReasonCode.NotAuthorized, ReasonCode.Success, ReasonCode.NotAuthorized]);

        await using var publisher = await ConnectAsync(broker, "p", "p");
        foreach (var topic in new[] { "secret/a", "secret/b", "b" })
            await publisher.PublishAsync(topic, topic, QualityOfService.AtLeastOnce);
        (await client.ExpectMessageAsync()).Text.ShouldBe("b");
    }

    [Fact]
    public async Task Mosquitto_3672_A_takeover_closes_the_old_socket()
    {
        await using var broker = await StartAsync(("u", [All]));
        await using var older = await ConnectAsync(broker, "u", "c");

        await using var newer = await ConnectAsync(broker, "u", "c");

        await older.ExpectDisconnectedAsync(ReasonCode.SessionTakenOver);
        await newer.ExpectNothingAsync();
    }

    [Fact]
    public async Task CVE_2018_12550_A_tenant_and_a_user_without_rules_may_do_nothing()
    {
        await using var broker = await StartAsync(("u", []));
        await using var client = await ConnectAsync(broker, "u", "c");

        (await TrySubscribeAsync(client, "#", "a", "$SYS/#")).ShouldAllBe(reason => reason == ReasonCode.NotAuthorized);
        (await client.PublishAsync("a", "x", QualityOfService.AtLeastOnce)).ShouldBe(ReasonCode.NotAuthorized);
    }

    [Fact]
    public async Task CVE_2018_12551_A_tenants_file_with_a_mistake_lets_nobody_in_and_replaces_nothing()
    {
        string[] mistakes =
        [
            """{ "tenants": { "demo": { "users": { "u": { "passwordHash": "" } } } } }""",
            """{ "tenants": { "demo": { "users": { "u": { "passwordHash": "nonsense" } } } } }""",
            """{ "tenants": { "demo": { "users": { "u": { "passwordHash": null, "acl": [ { "alow": "all" } ] } } } } }""",
            """{ "tenants": { "demo": { "anonymous": true } } }""",
            """{ "tenants": """,
            "",
        ];
        await using var broker = await StartAsync(("u", [All]));

        foreach (var mistaken in mistakes)
        {
            await using (var refused = await RefusedAsync(mistaken))
                (await refused.ExitAsync()).ShouldNotContain(line => line.Contains("Listening on", StringComparison.Ordinal), mistaken);

            await File.WriteAllTextAsync(broker.TenantsFile + ".new", mistaken, TestContext.Current.CancellationToken);
            File.Move(broker.TenantsFile + ".new", broker.TenantsFile, overwrite: true);
            await broker.LogLineAsync("the settings stay as they were");
            await using var client = await OpenAsync(broker);
            (await client.ConnectAsync(Login("u", "c") with { Password = "wrong"u8.ToArray() })).ReasonCode.ShouldBe(ReasonCode.BadUserNameOrPassword, mistaken);
            await using var right = await ConnectAsync(broker, "u", "c");
        }
    }

    private static async Task<ChildProcess> RefusedAsync(string tenants)
    {
        var file = Path.GetTempFileName();
        await File.WriteAllTextAsync(file, tenants);
        return ChildProcess.Start("dotnet", [Installation.Broker, "--set", """listeners=[{"type":"tcp","port":0}]""", "--set", "management=null", "--set", "tenantsFile=" + file]);
    }

    private static async Task<IEnumerable<ReasonCode>> TrySubscribeAsync(MqttTestClient client, params string[] filters) =>
        (await client.SubscribeAsync(new SubscribePacket
        {
            PacketIdentifier = client.NextPacketIdentifier(),
            Subscriptions = [.. filters.Select(filter => new SubscriptionRequest(filter, new(QualityOfService.AtMostOnce)))],
        })).ReasonCodes;

    private static async Task<MqttTestClient> OpenAsync(BrokerProcess broker) => Target.Patient(await MqttTestClient.OpenAsync(broker.EndPoint("tcp")));

    private static async Task<MqttTestClient> ConnectAsync(BrokerProcess broker, string user, string clientId, uint expiry = 0)
    {
        var client = await OpenAsync(broker);
        (await client.ConnectAsync(Login(user, clientId) with { SessionExpiryInterval = expiry, CleanStart = false })).ReasonCode.ShouldBe(ReasonCode.Success);
        return client;
    }

    private static ConnectPacket Login(string user, string clientId) =>
        new() { ClientIdentifier = clientId, UserName = user, Password = Encoding.UTF8.GetBytes("secret") };

    private static Task<BrokerProcess> StartAsync(params (string User, object[] Acl)[] users) =>
        BrokerProcess.StartAsync(new BrokerSetup { Tenants = Tenants(users) });

    private static string Tenants(params (string User, object[] Acl)[] users) => TenantsJson.Of(("demo", new
    {
        users = users.ToDictionary(user => user.User, user => new { passwordHash = PasswordHash.Of("secret"), acl = user.Acl }),
    }));
}
