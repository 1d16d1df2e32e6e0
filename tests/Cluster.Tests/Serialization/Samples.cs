using System.Net;
using Starling.Broker.Contracts;
using Starling.Broker.Messages;
using Starling.Broker.Tenants.Credentials;
using Starling.Broker.Tenants.Quotas;
using Starling.Cluster.Contracts;
using Starling.Cluster.Serialization;
using Starling.Protocol;

namespace Starling.Cluster.Tests.Serialization;

/// <summary>A value with something in every place, of every type that goes between processes.</summary>
internal static class Samples
{
    private static readonly Publisher Publisher = new("sensor-Ü", 1_700_000_000_123, 42);

    private static readonly SubscriptionOptions Options = new(QualityOfService.ExactlyOnce, NoLocal: true, RetainAsPublished: true, RetainHandling.DoNotSend);

    private static readonly SharedGroupKey Group = new("workers", "a/+/ä");

    public static Message Message(string topic = "a/b", string payload = "21.5", QualityOfService qos = QualityOfService.ExactlyOnce) =>
        Broker.Messages.Message.Create(new Topic(topic), System.Text.Encoding.UTF8.GetBytes(payload), qos, retain: true, [3, 0, 1, 65], 1_800_000_000_000, Publisher, 77);

    public static Delivery Delivery() =>
        new(Message(), QualityOfService.AtLeastOnce, Retain: true, [1, 268_435_455], Group, new InboxPlace(7, 0, 5));

    public static IReadOnlyList<Message> Batch { get; } =
        [Message(), Message(payload: ""), Broker.Messages.Message.Create(new Topic("a/b"), "x"u8), Message("c")];

    public static IReadOnlyList<Delivery> Deliveries { get; } = [Delivery(), new Delivery(Message(), QualityOfService.ExactlyOnce, false, null)];

    public static IReadOnlyList<InboxEntry> Entries { get; } = [new(long.MaxValue, Delivery(), Released: true, Sent: true), new(0, Delivery())];

    public static EdgeRoutes Routes { get; } = new(
        9, IsComplete: true, ["a/#", "b"], ["c"], [new GroupMember(Group, new SharedMember("one", Options, 5, "edge-1", Durable: false, Epoch: 6))],
        [new GroupMember(Group, new SharedMember("two", default, null, null, Durable: true))]);

    public static ShardTransfer ShardTransfer { get; } = new("edge-1", IsEdge: true, 1_700_000_000_001, 12, Routes, Batch);

    public static ShardReply ShardReply { get; } =
        new(5, ShardReplyKind.NeedsRoutes, [ReasonCode.Success, ReasonCode.NoMatchingSubscribers, ReasonCode.QuotaExceeded], [0, 2]);

    public static EdgeTransfer EdgeTransfer { get; } =
        new("acme", 63, 6, 1, Batch, [new MemberDeliveries("one", 8, Deliveries), new MemberDeliveries("", 0, [])]);

    public static InboxPush Push { get; } = new([new ConnectionEntries("acme", "one", 3, Entries), new ConnectionEntries("b", "", -1, [])]);

    public static IReadOnlyList<Subscription> Subscriptions { get; } = [new("a/#", Options, 3), new("$share/g/b", default, null)];

    public static SessionConnect Connect { get; } = new(
        "edge-1", CleanStart: true, uint.MaxValue, new SessionWill(Message(), 5, 60, User.Anonymous), IPAddress.Parse("2001:db8::1"), Attempt: -3);

    public static SessionConnected Connected { get; } = new(ReasonCode.SessionTakenOver, true, true, 99, 4, Subscriptions, [1, 65_535]);

    public static IReadOnlyList<object> All { get; } =
    [
        Message(), new DeliveryList(Deliveries), Routes, ShardTransfer, ShardTransfer with { Lane = ShardLane.Direct, Routes = null, Messages = [] }, ShardReply,
        new ShardReply(1, ShardReplyKind.Done, [], []), EdgeTransfer, new EdgeTransfer("acme", 0, 6, 1, [], []), new EdgeReply(true, [0, 4]), Push,
        new InboxPush([]), new RetainedPage(Batch, More: true), new RetainedQuery("#", Guid.Parse("6e0b2e6f-5a0b-4b3f-9a59-111111111111"), 3, 100),
        Connect, new SessionConnect("edge-1", CleanStart: false, 0, Will: null, Address: null), Connected,
        new SessionDisconnect(PublishWill: true, 5, 6), new SessionDisconnect(PublishWill: false), Subscriptions[0], Subscriptions[1],
        new InboxSummary(1, 2, 3), new InboxAck(7, Received: true), Group, Routes.Joined[0].Member,
        new EdgeLease(true, TimeSpan.FromSeconds(10), Silos: 6), new EdgeEntry("edge-1", "somewhere"),
        new TenantDemand([new LimitDemand(1.5, true), default]), new TenantShare(TimeSpan.FromSeconds(3), [null, 2.5]),
        new StaleEpochException(new SessionKey("acme", "one"), 7), new StaleShardException(new ShardFencingToken("acme", 1, 7)),
        new StoreUnavailableException("away"), new RemoteCallException("lost"),
        Connect with { User = new User("ann") },
    ];
}
