using System.Text;
using Microsoft.Extensions.Logging.Abstractions;
using Starling.Broker.Contracts;
using Starling.Broker.Messages;
using Starling.Broker.Metrics;
using Starling.Broker.Sessions;
using Starling.Broker.Tenants;
using Starling.Broker.Tenants.Quotas;
using Starling.Broker.Tests.Tenants;
using Starling.Broker.Time;
using Starling.Protocol;
using Starling.Storage.Memory;

namespace Starling.Broker.Tests.Sessions;

/// <summary>An inbox with its store and the edge that it pushes to.</summary>
internal sealed class InboxRig : IDisposable
{
    public static readonly SessionKey Key = new("acme", "c");

    private readonly House _house;
    private readonly DelayQueue _due;

    public InboxRig(Func<TenantLimits, TenantLimits>? limits = null, InboxOverflow overflow = InboxOverflow.DropOldest)
    {
        var options = new TenantOptions { Name = Key.Tenant, InboxOverflow = overflow };
        _house = new House(options with { Limits = limits?.Invoke(options.Limits) ?? options.Limits });
        _due = new DelayQueue(_house.Time, NullLogger<DelayQueue>.Instance);
        Inbox = NewInbox(Counters);
        Inbox.Token = Hold(epoch: 1);
    }

    public Inbox Inbox { get; }

    public ScriptedInboxStore Store { get; } = new();

    public RecordingEdge Edge { get; } = new();

    public TenantCounters Counters { get; } = new(Key.Tenant);

    public Testing.ManualTime Time => _house.Time;

    public static SessionFencingToken Hold(long epoch) => new(Key, Id: 1, epoch);

    /// <summary>Another one on the same store.</summary>
    public Inbox NewInbox(TenantCounters counters) => new(Key, new SessionContext(
        _house[Key.Tenant],
        Cluster: null!, // an inbox does not ask for anything of it
        new MemorySessionStore(new MemoryInboxStore()),
        Store,
        new ClientIdCollisions(_house.Time, _house.Metrics, NullLogger<ClientIdCollisions>.Instance),
        _due,
        _house.Time,
        counters,
        NullLogger.Instance,
        Idle: (_, _) => { }));

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
    public void Start(int credit = 100)
    {
        Inbox.Start(Edge, Inbox.Token.Epoch, credit);
        Inbox.Push();
    }

    public Task AcknowledgeAsync(params IEnumerable<long> numbers) =>
        Inbox.AcknowledgeAsync([.. numbers.Select(number => new InboxAck(number, Received: false))]).AsTask();

    public void Dispose()
    {
        _due.Dispose();
        _house.Dispose();
    }

    /// <summary>Keeps what is pushed to it.</summary>
    internal sealed class RecordingEdge : IInboxDelivery
    {
        private readonly Lock _gate = new();
        private TaskCompletionSource _more = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public List<InboxEntry> Pushed { get; } = [];

        public long LastEpoch { get; private set; }

        /// <summary>The payloads pushed since the last call.</summary>
        public string[] TakeTexts()
        {
            string[] texts = [.. Pushed.Select(Text)];
            Pushed.Clear();
            return texts;
        }

        public ValueTask DeliverInboxAsync(string tenant, string clientId, long epoch, long owner, IReadOnlyList<InboxEntry> entries)
        {
            lock (_gate)
            {
                LastEpoch = epoch;
                Pushed.AddRange(entries);
                _more.TrySetResult();
                _more = new(TaskCreationOptions.RunContinuationsAsynchronously);
            }

            return ValueTask.CompletedTask;
        }

        /// <summary>Waits for pushes from other threads.</summary>
        public async Task WaitAsync(int entries)
        {
            while (true)
            {
                Task more;
                lock (_gate)
                {
                    if (Pushed.Count >= entries)
                        return;
                    more = _more.Task;
                }

                await more.WaitAsync(TimeSpan.FromSeconds(30));
            }
        }

        public ValueTask<bool> CloseAsync(string tenant, string clientId, long epoch, ReasonCode reason) => new(true);
    }
}
