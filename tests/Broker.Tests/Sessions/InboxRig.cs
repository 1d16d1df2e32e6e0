using System.Text;
using Starling.Broker.Cluster;
using Starling.Broker.Messages;
using Starling.Broker.Metrics;
using Starling.Broker.Sessions;
using Starling.Broker.Tenants;
using Starling.Broker.Tests.Tenants;
using Starling.Protocol;

namespace Starling.Broker.Tests.Sessions;

/// <summary>An inbox with its store and the edge that it pushes to.</summary>
internal sealed class InboxRig : IDisposable
{
    public static readonly SessionKey Key = new("acme", "c");

    private readonly House _house;

    public InboxRig(Func<TenantLimits, TenantLimits>? limits = null, InboxOverflow overflow = InboxOverflow.DropOldest)
    {
        var options = new TenantOptions { Name = Key.Tenant, InboxOverflow = overflow };
        _house = new House(options with { Limits = limits?.Invoke(options.Limits) ?? options.Limits });
        Inbox = new Inbox(Key, Tenant, Store, _house.Time, Counters);
        Inbox.SetEpoch(1);
    }

    public Inbox Inbox { get; }

    public ScriptedInboxStore Store { get; } = new();

    public RecordingEdge Edge { get; } = new();

    public TenantCounters Counters { get; } = new(Key.Tenant);

    public Testing.ManualTime Time => _house.Time;

    public Tenant Tenant => _house[Key.Tenant];

    public static Delivery Delivery(string payload, int qos = 1, SharedGroupKey? group = null, long expiresAt = Message.Never) => new(
        Message.Create(new Topic("a"), Encoding.UTF8.GetBytes(payload), QualityOfService.ExactlyOnce, expiresAt: expiresAt),
        (QualityOfService)qos,
        Retain: false,
        SubscriptionIdentifiers: null,
        group);

    public static string Text(InboxEntry entry) => Encoding.UTF8.GetString(entry.Delivery.Message.Payload);

    public Task EnqueueAsync(params IEnumerable<string> payloads) =>
        Inbox.EnqueueAsync([.. payloads.Select(payload => Delivery(payload))]).AsTask();

    /// <summary>A connection is there.</summary>
    public async Task StartAsync(int credit = 100)
    {
        Inbox.Start(Edge, credit);
        await Inbox.PushAsync();
    }

    public Task AcknowledgeAsync(params IEnumerable<long> numbers) =>
        Inbox.AcknowledgeAsync([.. numbers.Select(number => new InboxAck(number, Received: false))]).AsTask();

    public void Dispose() => _house.Dispose();

    /// <summary>Keeps what is pushed to it.</summary>
    internal sealed class RecordingEdge : IEdge
    {
        public string Id => "edge";

        public List<InboxEntry> Pushed { get; } = [];

        public long LastEpoch { get; private set; }

        /// <summary>The payloads pushed since the last call.</summary>
        public string[] TakeTexts()
        {
            string[] texts = [.. Pushed.Select(Text)];
            Pushed.Clear();
            return texts;
        }

        public ValueTask DeliverInboxAsync(string tenant, string clientId, long epoch, IReadOnlyList<InboxEntry> entries)
        {
            LastEpoch = epoch;
            Pushed.AddRange(entries);
            return ValueTask.CompletedTask;
        }

        public ValueTask DeliverAsync(string tenant, IReadOnlyList<Message> messages) => ValueTask.CompletedTask;

        public ValueTask<bool> DeliverToAsync(string tenant, string clientId, IReadOnlyList<Delivery> deliveries) => new(false);

        public ValueTask<bool> CloseAsync(string tenant, string clientId, long epoch, ReasonCode reason) => new(true);
    }
}
