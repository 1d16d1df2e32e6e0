using Starling.EndToEnd.Tests.Harness;

namespace Starling.EndToEnd.Tests;

[Trait(nameof(SharedBroker.Broker), SharedBroker.Any)]
public sealed class TenantTests(SharedBroker shared)
{
    private readonly BrokerProcess _broker = shared.Broker;

    private Mosquitto Acme => Of("acme/device");

    private Mosquitto Zenith => Of("device@zenith");

    [Fact]
    public async Task Same_topic_in_two_tenants_is_two_topics()
    {
        await using var acme = await Acme.SubscribeAsync("tenant/same/#", "-q", "1");
        await using var zenith = await Zenith.SubscribeAsync("tenant/same/#", "-q", "1");

        await Acme.PublishAsync("tenant/same/a", "of acme", "-q", "1");
        (await acme.MessageAsync()).ShouldBe("tenant/same/a|of acme|1|0");
        await Zenith.PublishAsync("tenant/same/a", "of zenith", "-q", "1");
        (await zenith.MessageAsync()).ShouldBe("tenant/same/a|of zenith|1|0");

        acme.Messages().Length.ShouldBe(1);
        zenith.Messages().Length.ShouldBe(1);
    }

    [Fact]
    public async Task Same_client_id_in_two_tenants_is_two_clients()
    {
        await using var acme = await Acme.SubscribeAsync("tenant/id", "-i", "twin", "-q", "1");
        await using var zenith = await Zenith.SubscribeAsync("tenant/id", "-i", "twin", "-q", "1");

        await Acme.PublishAsync("tenant/id", "of acme", "-q", "1");
        await Zenith.PublishAsync("tenant/id", "of zenith", "-q", "1");

        (await acme.MessageAsync()).ShouldBe("tenant/id|of acme|1|0");
        (await zenith.MessageAsync()).ShouldBe("tenant/id|of zenith|1|0");
        acme.Output.Lines.Count(line => line.Contains("received CONNACK", StringComparison.Ordinal)).ShouldBe(1);
    }

    [Fact]
    public async Task Retained_message_of_one_tenant_is_not_replayed_in_another()
    {
        await Acme.PublishAsync("tenant/retained", "of acme", "-r", "-q", "1");

        await using var zenith = await Zenith.SubscribeAsync("tenant/retained");
        await Zenith.PublishAsync("tenant/retained", "live");

        (await zenith.MessageAsync()).ShouldBe("tenant/retained|live|0|0");
    }

    [Fact]
    public async Task Tenant_is_found_by_the_TLS_server_name()
    {
        await using var acme = await Acme.SubscribeAsync("tenant/server-name", "-q", "1");
        await using var client = await JsClient.ConnectAsync(_broker, "tls", 5, new()
        {
            ["username"] = "device",
            ["password"] = "device",
            ["servername"] = "acme.example.com",
            ["rejectUnauthorized"] = false,
        });

        await client.PublishAsync("tenant/server-name", "by name", new { qos = 1 });

        (await acme.MessageAsync()).ShouldBe("tenant/server-name|by name|1|0");
    }

    [Fact]
    public async Task Numbers_under_SYS_are_the_tenants_own()
    {
        await using var broker = await BrokerProcess.StartAsync();
        await using var one = await (Acme with { Broker = broker }).SubscribeAsync("tenant/sys");
        await using var two = await (Acme with { Broker = broker }).SubscribeAsync("tenant/sys");

        await using var zenith = await (Zenith with { Broker = broker }).SubscribeAsync("$SYS/broker/clients/connected");

        await zenith.LineAsync(line => line.StartsWith("message $SYS/broker/clients/connected|1|", StringComparison.Ordinal), "one client");
        zenith.Messages().ShouldAllBe(message => message.Split('|')[1] == "0" || message.Split('|')[1] == "1");
    }

    private Mosquitto Of(string user) => new(_broker) { Version = "5", Listener = "any", User = user, Password = "device" };
}
