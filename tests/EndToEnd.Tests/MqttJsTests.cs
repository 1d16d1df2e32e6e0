using Starling.EndToEnd.Tests.Harness;

namespace Starling.EndToEnd.Tests;

[Trait(nameof(SharedBroker.Broker), SharedBroker.Any)]
public sealed class MqttJsTests(SharedBroker shared)
{
    private readonly BrokerProcess _broker = shared.Broker;

    public static MatrixTheoryData<string, int> ListenersAndVersions => new(["ws", "wss", "tcp", "tls"], [4, 5]);

    [Theory]
    [MemberData(nameof(ListenersAndVersions))]
    public async Task Message_arrives_with_each_QoS(string listener, int version)
    {
        await using var client = await JsClient.ConnectAsync(_broker, listener, version);
        var topic = $"js/{listener}/{version}";
        await client.SubscribeAsync(topic, qos: 2);

        for (var qos = 0; qos <= 2; qos++)
        {
            await client.PublishAsync(topic, "grüße " + qos, new { qos });
            (await client.MessageAsync()).ShouldBe($"{topic}|grüße {qos}|{qos}|0");
        }
        await client.EndAsync();
    }

    [Theory]
    [MemberData(nameof(ListenersAndVersions))]
    public async Task Retained_message_is_replayed(string listener, int version)
    {
        await using var client = await JsClient.ConnectAsync(_broker, listener, version);
        var topic = $"js/retained/{listener}/{version}";

        await client.PublishAsync(topic, "kept", new { qos = 1, retain = true });
        await client.SubscribeAsync(topic, qos: 1);

        (await client.MessageAsync()).ShouldBe($"{topic}|kept|1|1");
    }

    [Theory]
    [InlineData("ws")]
    [InlineData("wss")]
    public async Task Message_larger_than_any_buffer_arrives_whole(string listener)
    {
        await using var client = await JsClient.ConnectAsync(_broker, listener, 5);
        var payload = string.Concat(Enumerable.Range(0, 30_000).Select(i => (char)('a' + (i % 26))));
        await client.SubscribeAsync("js/large/" + listener, qos: 1);

        await client.PublishAsync("js/large/" + listener, payload, new { qos = 1 });

        (await client.MessageAsync()).ShouldBe($"js/large/{listener}|{payload}|1|0");
    }

    [Fact]
    public async Task Properties_of_a_message_reach_its_subscriber()
    {
        await using var client = await JsClient.ConnectAsync(_broker, "ws", 5);
        await client.SubscribeAsync("js/properties");

        await client.PublishAsync("js/properties", "x", new
        {
            properties = new { contentType = "text/plain", responseTopic = "answers", correlationData = "q-17", userProperties = new { a = "1" } },
        });

        var properties = (await client.EventAsync("message")).GetProperty("properties");
        properties.GetProperty("contentType").GetString().ShouldBe("text/plain");
        properties.GetProperty("responseTopic").GetString().ShouldBe("answers");
        properties.GetProperty("correlationData").GetString().ShouldBe("q-17");
        properties.GetProperty("userProperties").GetProperty("a").GetString().ShouldBe("1");
    }

    [Theory]
    [InlineData("ws", 4)]
    [InlineData("ws", 5)]
    [InlineData("wss", 5)]
    public async Task Wrong_password_is_refused(string listener, int version)
    {
        await using var client = JsClient.Start(_broker, listener, version, new() { ["password"] = "guess" });

        var error = await client.EventAsync("error");

        error.GetProperty("code").GetInt32().ShouldBeOneOf(4, 5, 0x86, 0x87);
    }

    [Theory]
    [InlineData(4)]
    [InlineData(5)]
    public async Task Session_is_resumed_with_what_was_missed(int version)
    {
        Dictionary<string, object> session = new() { ["clientId"] = "js-session-" + version, ["clean"] = false };
        if (version == 5)
            session["properties"] = new { sessionExpiryInterval = 300 };
        var topic = "js/session/" + version;
        await using (var first = await JsClient.ConnectAsync(_broker, "ws", version, session))
        {
            await first.SubscribeAsync(topic, qos: 2);
            await first.KillAsync();
        }
        await using (var other = await JsClient.ConnectAsync(_broker, "ws", version))
            await other.PublishAsync(topic, "missed", new { qos = 2 });

        await using var again = JsClient.Start(_broker, "ws", version, session);

        (await again.EventAsync("connect")).GetProperty("sessionPresent").GetBoolean().ShouldBeTrue();
        (await again.MessageAsync()).ShouldBe($"{topic}|missed|2|0");
    }

    [Theory]
    [InlineData(4)]
    [InlineData(5)]
    public async Task Client_reconnects_when_a_killed_broker_is_back(int version)
    {
        await using var first = await BrokerProcess.StartAsync();
        await using var client = await JsClient.ConnectAsync(first, "ws", version, new() { ["reconnectPeriod"] = 100 });
        await client.SubscribeAsync("js/back", qos: 1);

        await first.KillAsync();
        await using var second = await first.StartAgainAsync();
        await client.EventAsync("connect");

        // Published after the client has subscribed again, which it does before anything else.
        await client.PublishAsync("js/back", "hello again", new { qos = 1 });
        (await client.MessageAsync()).ShouldBe("js/back|hello again|1|0");
        await client.EndAsync();
    }
}
