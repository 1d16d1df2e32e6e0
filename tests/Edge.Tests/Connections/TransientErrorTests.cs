using Starling.Broker.Cluster;
using Starling.Broker.Messages;
using Starling.Broker.Retained;
using Starling.Protocol;
using Starling.Storage.Memory;
using static Starling.Edge.Tests.Connections.Subscriptions;

namespace Starling.Edge.Tests.Connections;

/// <summary>A packet is right, and the broker is not able to do what it asks for.</summary>
public sealed class TransientErrorTests
{
    [Theory]
    [MemberData(nameof(Versions), MemberType = typeof(Subscriptions))]
    [Trait("Statement", "MQTT5-4.13.2-1")]
    [Trait("Statement", "MQTT311-4.8.0-2")]
    public async Task A_client_whose_message_can_not_be_stored_is_closed_without_an_acknowledgement(ProtocolVersion version)
    {
        await using var broker = await StartWithBrokenStoreAsync();
        await using var client = await broker.ConnectAsync("c", version);

        await client.SendAsync(Packets.Publish("a", qos: 1, id: 1, retain: true));

        await client.ExpectDisconnectedAsync(ReasonCode.UnspecifiedError);
    }

    [Fact]
    public async Task Others_are_served_when_a_message_can_not_be_stored()
    {
        await using var broker = await StartWithBrokenStoreAsync();
        await using var other = await broker.ConnectAsync("other");
        await other.SubscribeAsync("b");
        await using var client = await broker.ConnectAsync("c");
        await client.SendAsync(Packets.Publish("a", qos: 1, id: 1, retain: true));
        await client.ExpectDisconnectedAsync(ReasonCode.UnspecifiedError);

        (await other.PublishAsync("b", "1", QoS1)).ShouldBe(ReasonCode.Success);

        (await other.ExpectMessageAsync()).Text.ShouldBe("1");
    }

    private static Task<TestBroker> StartWithBrokenStoreAsync()
    {
        var inboxes = new MemoryInboxStore();
        var stores = new StandaloneStores(new BrokenStore(), new MemorySessionStore(inboxes), inboxes);
        return TestBroker.StartAsync(stores);
    }

    private sealed class BrokenStore : IRetainedStore
    {
        public ValueTask SetAsync(string tenant, IReadOnlyList<Message> messages) => throw new IOException("the disk is full");

        public IAsyncEnumerable<Message> LoadAsync(string tenant, int shard, int shards) => AsyncEnumerable.Empty<Message>();
    }
}
