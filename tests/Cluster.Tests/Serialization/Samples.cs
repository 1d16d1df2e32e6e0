using System.Net;
using Starling.Broker.Contracts;
using Starling.Broker.Messages;
using Starling.Broker.Tenants.Credentials;
using Starling.Broker.Tenants.Quotas;
using Starling.Cluster.Contracts;
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

    public static TheoryData<Type, object> All()
    {
        var all = new TheoryData<Type, object>
        {
            { typeof(Message), Message() },
            { typeof(IReadOnlyList<Message>), Batch },
            { typeof(Delivery), Delivery() },
            { typeof(IReadOnlyList<Delivery>), Deliveries },
            { typeof(InboxEntry), Entries[0] },
            { typeof(IReadOnlyList<InboxEntry>), Entries },
            { typeof(EdgeRoutes), Routes },
            { typeof(ShardTransfer), ShardTransfer },
            { typeof(ShardReply), ShardReply },
            { typeof(EdgeTransfer), EdgeTransfer },
            { typeof(EdgeReply), new EdgeReply(true, [0, 4]) },
            { typeof(InboxPush), Push },
            { typeof(RetainedPage), new RetainedPage(Batch, More: true) },
            { typeof(RetainedQuery), new RetainedQuery("#", Guid.Parse("6e0b2e6f-5a0b-4b3f-9a59-111111111111"), 3, 100) },
            { typeof(SessionConnect), Connect },
            { typeof(SessionConnected), Connected },
            { typeof(SessionDisconnect), new SessionDisconnect(PublishWill: true, 5, 6) },
            { typeof(IReadOnlyList<Subscription>), Subscriptions },
            { typeof(IReadOnlyList<ReasonCode>), new[] { ReasonCode.Success, ReasonCode.NotAuthorized } },
            { typeof(InboxSummary?), new InboxSummary(1, 2, 3) },
            { typeof(EdgeLease), new EdgeLease(true, TimeSpan.FromSeconds(10), Silos: 6) },
            { typeof(TenantDemand), new TenantDemand([new LimitDemand(1.5, true), default]) },
            { typeof(TenantShare), new TenantShare(TimeSpan.FromSeconds(3), [null, 2.5]) },
            { typeof(IReadOnlyList<EdgeEntry>), new[] { new EdgeEntry("edge-1", "somewhere") } },
        };
        return all;
    }
}
