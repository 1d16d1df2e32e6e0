using Starling.Broker.Contracts;
using Starling.Broker.Messages;
using Starling.Broker.Standalone;
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
        await using var broker = await StartAsync(new FailingStore());
        await using var client = await broker.ConnectAsync("c", version);

        await client.SendAsync(Packets.Publish("a", qos: 1, id: 1, retain: true));

        await client.ExpectDisconnectedAsync(ReasonCode.UnspecifiedError);
    }

    [Theory]
    [MemberData(nameof(Versions), MemberType = typeof(Subscriptions))]
    public async Task A_client_is_closed_when_it_is_not_known_what_became_of_its_message(ProtocolVersion version)
    {
        var inboxes = new MemoryInboxStore();
        await using var broker = await TestBroker.StartAsync(
            new StandaloneStores(new MemoryRetainedStore(), new MemorySessionStore(inboxes), new DoubtfulStore(inboxes)));
        await using var subscriber = await broker.ConnectAsync("s", version, cleanStart: false, expiry: version == ProtocolVersion.Mqtt5 ? 60u : null);
        await subscriber.SubscribeAsync("a", QoS2);
        await using var client = await broker.ConnectAsync("c", version);

        await client.SendAsync(Packets.Publish("a", qos: 2, id: 1));

        await client.ExpectDisconnectedAsync(ReasonCode.ServerBusy);
    }

    [Fact]
    public async Task Others_are_served_when_a_message_can_not_be_stored()
    {
        await using var broker = await StartAsync(new FailingStore());
        await using var other = await broker.ConnectAsync("other");
        await other.SubscribeAsync("b");
        await using var client = await broker.ConnectAsync("c");
        await client.SendAsync(Packets.Publish("a", qos: 1, id: 1, retain: true));
        await client.ExpectDisconnectedAsync(ReasonCode.UnspecifiedError);

        (await other.PublishAsync("b", "1", QoS1)).ShouldBe(ReasonCode.Success);

        (await other.ExpectMessageAsync()).Text.ShouldBe("1");
    }

    [Fact]
    public async Task A_client_that_asks_for_nothing_new_does_not_hear_of_an_error_that_is_gone()
    {
        var store = new FailingStore();
        await using var broker = await StartAsync(store);
        await using var other = await broker.ConnectAsync("other");
        await using var client = await broker.ConnectAsync("c");
        await client.SendAsync(Packets.Publish("a", qos: 1, id: 1, retain: true));
        await client.ExpectDisconnectedAsync(ReasonCode.UnspecifiedError);
        store.Fails = false;

        await other.PublishAsync("nothing/is/retained/here", "", QoS1, retain: true);

        store.Topics.ShouldBe(["a"]);
    }

    [Fact]
    public async Task The_message_is_stored_when_it_is_sent_again_and_the_error_is_gone()
    {
        var store = new FailingStore();
        await using var broker = await StartAsync(store);
        await using var client = await broker.ConnectAsync("c");
        await client.SendAsync(Packets.Publish("a", "1", qos: 1, id: 1, retain: true));
        await client.ExpectDisconnectedAsync(ReasonCode.UnspecifiedError);
        store.Fails = false;

        await using var again = await broker.ConnectAsync("c");
        await again.PublishAsync("a", "1", QoS1, retain: true);
        await again.SubscribeAsync("a");

        var retained = await again.ExpectMessageAsync();
        (retained.Text, retained.Retain).ShouldBe(("1", true));
    }

    private static Task<TestBroker> StartAsync(IRetainedStore store)
    {
        var inboxes = new MemoryInboxStore();
        var stores = new StandaloneStores(store, new MemorySessionStore(inboxes), inboxes);
        return TestBroker.StartAsync(stores);
    }

    /// <summary>Inboxes of which nothing is heard, as of a session in another process.</summary>
    private sealed class DoubtfulStore(MemoryInboxStore inboxes) : IInboxStore
    {
        public ValueTask<IReadOnlyList<long>> AppendAsync(SessionFencingToken session, IReadOnlyList<InboxEntry> entries, long reserve = 0) =>
            ValueTask.FromException<IReadOnlyList<long>>(new RemoteCallException("Lost."));

        public ValueTask AcknowledgeAsync(SessionFencingToken session, IReadOnlyList<InboxAck> acks, Action? refused = null) =>
            inboxes.AcknowledgeAsync(session, acks);

        public ValueTask<IReadOnlyList<InboxEntry>> ReadAsync(SessionFencingToken session, long from, int most, long mostBytes = long.MaxValue) =>
            inboxes.ReadAsync(session, from, most, mostBytes);
    }

    private sealed class FailingStore : IRetainedStore
    {
        public bool Fails { get; set; } = true;

        /// <summary>Of what was written, in order.</summary>
        public IReadOnlyList<string> Topics { get; private set; } = [];

        public ValueTask SetAsync(string tenant, IReadOnlyList<Message> messages, ShardFencingToken? shard = null)
        {
            if (Fails)
                return ValueTask.FromException(new IOException("the disk is full"));
            Topics = [.. Topics, .. messages.Select(message => message.Topic.Text)];
            return ValueTask.CompletedTask;
        }

        public bool OutlivesProcess => false;

        public IAsyncEnumerable<RetainedRow> LoadAsync(string tenant, int shard, int shards, long now, CancellationToken cancellation = default) =>
            AsyncEnumerable.Empty<RetainedRow>();

        public ValueTask<IReadOnlyList<Message>> ReadAsync(string tenant, IReadOnlyList<string> topics, CancellationToken cancellation = default) => new([]);

        public ValueTask RemoveExpiredAsync(string tenant, IReadOnlyList<string> topics, long now) => ValueTask.CompletedTask;
    }
}
