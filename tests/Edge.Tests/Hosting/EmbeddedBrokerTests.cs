using Microsoft.Extensions.Logging;
using Starling.Edge.Configuration;
using Starling.Edge.Hosting;
using Starling.Hosting.Configuration;
using Starling.Testing;

namespace Starling.Edge.Tests.Hosting;

public class EmbeddedBrokerTests
{
    private static readonly EdgeOptions Options = new()
    {
        Listeners = [new ListenerOptions { Name = "tcp", Type = ListenerType.Tcp, Port = 0, Tenant = "demo" }],
        Management = null,
        Logging = new LoggingOptions { Level = LogLevel.None },
    };

    [Fact]
    public async Task Two_brokers_in_one_process_share_nothing()
    {
        await using var first = await EmbeddedBroker.StartAsync(Options, TestContext.Current.CancellationToken);
        await using var second = await EmbeddedBroker.StartAsync(Options, TestContext.Current.CancellationToken);
        await using var subscriber = await ConnectAsync(first);
        await using var publisher = await ConnectAsync(second);
        await subscriber.SubscribeAsync("a");

        await publisher.PublishAsync("a", "from the second");
        await subscriber.ExpectNothingAsync();

        await subscriber.PublishAsync("a", "from the first");
        (await subscriber.ExpectMessageAsync()).Text.ShouldBe("from the first");
        first.ManagementEndpoint.ShouldBeNull();
    }

    [Fact]
    public async Task A_wrong_setting_is_named_before_anything_starts()
    {
        var options = Options with { Limits = new LimitOptions { MaximumConnections = 0 } };

        var error = await Should.ThrowAsync<SettingException>(() => EmbeddedBroker.StartAsync(options, TestContext.Current.CancellationToken));

        error.Setting.ShouldBe("limits.maximumConnections");
    }

    [Fact]
    public async Task Disposing_of_it_closes_the_connections()
    {
        var broker = await EmbeddedBroker.StartAsync(Options, TestContext.Current.CancellationToken);
        await using var client = await ConnectAsync(broker);

        await broker.DisposeAsync();

        await client.ExpectDisconnectedAsync(Protocol.ReasonCode.ServerShuttingDown);
    }

    private static async Task<MqttTestClient> ConnectAsync(EmbeddedBroker broker)
    {
        var client = await MqttTestClient.OpenAsync(broker.Endpoints["tcp"]);
        await client.ConnectAsync(new() { UserName = "demo", Password = "demo"u8.ToArray(), CleanStart = true });
        return client;
    }
}
