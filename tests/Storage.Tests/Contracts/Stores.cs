using Starling.Broker.Contracts;
using Starling.Broker.Messages;
using Starling.Protocol;

namespace Starling.Storage.Tests.Contracts;

/// <summary>A session store with its inbox store, and what tests put into them.</summary>
public abstract class Stores : IAsyncDisposable
{
    public static SessionKey Me { get; } = new("acme", "me");

    public abstract ISessionStore Sessions { get; }

    public abstract IInboxStore Inboxes { get; }

    /// <summary>A session that is not connected and never ends.</summary>
    public static SessionState Away(long epoch, long nextNumber = 0) => new(epoch, Connection: null, uint.MaxValue, NextNumber: nextNumber);

    public static Subscription To(string filter, int qos = 1) => new(filter, new SubscriptionOptions((QualityOfService)qos), null);

    public static Delivery Delivery(string topic = "a", string payload = "x", QualityOfService qos = QualityOfService.AtLeastOnce) =>
        new(Message.Create(new Topic(topic), System.Text.Encoding.UTF8.GetBytes(payload), qos), qos, Retain: false, null);

    public static InboxEntry[] Entries(long from, int count) => [.. Enumerable.Range(0, count).Select(i => new InboxEntry(from + i, Delivery()))];

    public static InboxAck[] Done(params IEnumerable<long> numbers) => [.. numbers.Select(number => new InboxAck(number, Received: false))];

    /// <summary>The session begins.</summary>
    public async Task<SessionFencingToken> BeginAsync(SessionKey? session = null) => await Sessions.SaveAsync(session ?? Me, 0, Away(epoch: 1));

    /// <summary>The session as its next owner finds it.</summary>
    public async Task<StoredSession> TakeAsync(SessionKey? session = null) =>
        (await Sessions.TakeAsync(session ?? Me, epoch: 0)).ShouldNotBeNull();

    public async Task<long[]> NumbersAsync(SessionFencingToken session, long from = 0, int most = int.MaxValue) =>
        [.. (await Inboxes.ReadAsync(session, from, most)).Select(entry => entry.Number)];

    public async Task<StoredRoute[]> RoutesAsync(string tenant) => [.. await Sessions.LoadRoutesAsync(tenant).ToListAsync()];

    public abstract ValueTask DisposeAsync();
}
