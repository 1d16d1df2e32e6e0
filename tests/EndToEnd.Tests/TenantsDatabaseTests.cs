using System.Diagnostics;
using System.Net;
using Starling.EndToEnd.Tests.Harness;
using Starling.Protocol;
using Starling.Testing;
using Starling.Testing.PostgreSql;

namespace Starling.EndToEnd.Tests;

/// <summary>Tenants in the database, looked after with the command line.</summary>
public sealed class TenantsDatabaseTests(SharedPostgres postgres)
{
    [Fact]
    [Trait("Lane", "alone")]
    public async Task Removed_users_connection_is_closed_within_a_second_and_others_stay()
    {
        var database = await postgres.CreateDatabaseAsync();
        await using var broker = await StartAsync(database);
        await using var leaver = await ConnectAsync(broker, "leaver");
        await using var stayer = await ConnectAsync(broker, "stayer");

        await RunAsync(database, "user", "remove", "demo", "leaver");
        var since = Stopwatch.GetTimestamp();
        await leaver.ExpectDisconnectedAsync(ReasonCode.NotAuthorized);

        Stopwatch.GetElapsedTime(since).ShouldBeLessThan(TimeSpan.FromSeconds(1));
        await stayer.ExpectNothingAsync();
        await using var refused = await MqttTestClient.OpenAsync(EndPoint(broker));
        (await refused.ConnectAsync(Login("leaver"))).ReasonCode.ShouldNotBe(ReasonCode.Success);
    }

    [Fact]
    public async Task User_who_is_set_can_log_in_at_once()
    {
        var database = await postgres.CreateDatabaseAsync();
        await using var broker = await StartAsync(database);

        await RunAsync(database, "user", "set", "demo", "device7", "--certificate", "CN=device7");
        await RunWithInputAsync("secret", database, "user", "set", "demo", "device7", "--password-stdin");
        await broker.LogLineAsync("1 tenants changed");
        var device = new Mosquitto(broker) { User = "device7", Password = "secret" };
        await using var subscriber = await device.SubscribeAsync("from/device");
        await device.PublishAsync("from/device", "hello");

        (await subscriber.MessageAsync()).ShouldBe("from/device|hello|0|0");
    }

    private static async Task<BrokerProcess> StartAsync(string database)
    {
        var file = Path.GetTempFileName();
        try
        {
            await File.WriteAllTextAsync(file, TenantsJson.Of(TenantsJson.Tenant("demo", "leaver", "stayer")));
            await RunAsync(database, "tenant", "import", file);
        }
        finally
        {
            File.Delete(file);
        }
        return await BrokerProcess.StartAsync(new BrokerSetup { TenantsDatabase = database });
    }

    private static Task RunAsync(string database, params string[] arguments) => RunWithInputAsync("", database, arguments);

    private static async Task RunWithInputAsync(string input, string database, params string[] arguments)
    {
        await using var command = ChildProcess.Start("dotnet", [Installation.CommandLine, .. arguments, "--database", database]);
        if (input.Length > 0)
            await command.WriteLineAsync(input);
        await command.SucceedAsync();
    }

    private static IPEndPoint EndPoint(BrokerProcess broker) => new(IPAddress.Loopback, broker.Ports["tcp"]);

    private static async Task<MqttTestClient> ConnectAsync(BrokerProcess broker, string user)
    {
        var client = await MqttTestClient.OpenAsync(EndPoint(broker));
        (await client.ConnectAsync(Login(user))).ReasonCode.ShouldBe(ReasonCode.Success);
        return client;
    }

    private static ConnectPacket Login(string user) => new()
    {
        ProtocolVersion = ProtocolVersion.Mqtt5,
        ClientIdentifier = user,
        CleanStart = true,
        UserName = user,
        Password = System.Text.Encoding.UTF8.GetBytes(user),
    };
}
