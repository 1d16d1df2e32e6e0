using Starling.Edge.Configuration;
using Starling.Protocol;
using Starling.Testing;
using static Starling.Edge.Tests.Connections.Packets;

namespace Starling.Edge.Tests.Connections;

/// <summary>Clients that say something, leave, and are back before the broker is through with what they said.</summary>
public sealed class LastWordsTests : IAsyncLifetime
{
    private const QualityOfService QoS1 = QualityOfService.AtLeastOnce;

    private readonly ManualTime _time = new();
    private TestBroker _broker = null!;
    private MqttTestClient _bystander = null!;
    private MqttTestClient _watcher = null!;
    private MqttTestClient _slow = null!;

    public async ValueTask InitializeAsync()
    {
        _broker = await TestBroker.StartAsync(time: _time, limits: new LimitOptions { OutgoingQueueBytes = 10_000 });
        _bystander = await _broker.ConnectAsync("bystander");
        _watcher = await _broker.ConnectAsync("watcher");
        await _watcher.SubscribeAsync("will");
        _slow = await _broker.ConnectAsync(new ConnectPacket { ClientIdentifier = "slow", ReceiveMaximum = 1 });
        await _slow.SubscribeAsync("a", QoS1);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var client in new[] { _bystander, _watcher, _slow })
            await client.DisposeAsync();
        await _broker.DisposeAsync();
    }

    [Theory]
    [MemberData(nameof(Subscriptions.Versions), MemberType = typeof(Subscriptions))]
    [Trait("Statement", "MQTT5-3.14.4-3")]
    [Trait("Statement", "MQTT311-3.14.4-3")]
    public async Task A_DISCONNECT_that_is_being_dealt_with_when_its_client_is_back_keeps_the_will_back(ProtocolVersion version)
    {
        await using var publisher = await _broker.ConnectAsync("p");
        await using var goes = await ConnectWithWillAsync(version);
        await goes.SubscribeAsync("$share/g/b", QoS1);
        await publisher.PublishAsync("b", "x", QoS1);
        await _slow.SubscribeAsync("$share/g/b", QoS1);
        await CongestAsync(publisher);
        var open = _broker.Counters.ConnectionsOpen.Value;

        // Its message is offered to the slow client, which nobody waits for here.
        await goes.SendAsync([0xE0, 0]);
        await UntilAsync(() => _broker.Counters.ConnectionsOpen.Value < open);
        await using var back = await _broker.ConnectAsync("goes", version);

        await _watcher.ExpectNothingAsync();
    }

    [Theory]
    [MemberData(nameof(Subscriptions.Versions), MemberType = typeof(Subscriptions))]
    [Trait("Statement", "MQTT5-3.14.4-3")]
    [Trait("Statement", "MQTT311-3.14.4-3")]
    public async Task What_came_before_the_client_was_back_is_gone_through(ProtocolVersion version)
    {
        await using var goes = await ConnectWithWillAsync(version);
        await using var back = await _broker.OpenAsync(version);
        await CongestAsync(goes);

        await goes.SendAsync([.. AnyPacket.Encode(Publish("will", "said before"), version), 0xE0, 0]);
        await back.SendAsync(new ConnectPacket { ProtocolVersion = version, ClientIdentifier = "goes" });
        await UntilAsync(() => _broker.Counters.SessionsTakenOver.Value > 0);
        for (var i = 0; i < 20; i++)
            await _slow.ExpectMessageAsync();

        await back.ExpectAsync<ConnAckPacket>();
        (await _watcher.ExpectMessageAsync()).Text.ShouldBe("said before");
        await _watcher.ExpectNothingAsync();
    }

    private async Task<MqttTestClient> ConnectWithWillAsync(ProtocolVersion version)
    {
        var client = await _broker.OpenAsync(version);
        await client.ConnectAsync(new ConnectPacket { ProtocolVersion = version, ClientIdentifier = "goes", Will = new() { Topic = "will" } });
        return client;
    }

    /// <summary>More for the slow client than may wait for it: from here on publishers to it wait until it acknowledges.</summary>
    private async Task CongestAsync(MqttTestClient publisher)
    {
        await publisher.SendTogetherAsync(Enumerable.Range(100, 20).Select(i => (object)Publish("a", new string('x', 1000), qos: 1, id: (ushort)i)));
        await UntilAsync(() => _broker.Counters.PublishReceived.Value >= 20);
    }

    private async Task UntilAsync(Func<bool> condition)
    {
        while (!condition())
            await _bystander.ExpectNothingAsync();
    }
}
