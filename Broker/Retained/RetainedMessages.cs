using System.Text;
using Microsoft.Extensions.Logging;
using Starling.Broker.Contracts;
using Starling.Broker.Messages;
using Starling.Broker.Metrics;
using Starling.Broker.Tenants;
using Starling.Broker.Threading;
using Starling.Broker.Time;
using Starling.Protocol;

namespace Starling.Broker.Retained;

/// <summary>
/// A shard's retained messages: an index in memory over what the store keeps. The index changes before the store has written, in
/// the order of the publishers' batches; a publisher that asks for an answer gets it after the write. Thread-safe.
/// </summary>
public sealed partial class RetainedMessages : IDisposable
{
    /// <summary>Levels of a topic that count for their characters only.</summary>
    private const int FreeLevels = 8;

    private readonly Tenant _tenant;
    private readonly IRetainedStore _store;
    private readonly TenantCounters _counters;
    private readonly DelayQueue _due;
    private readonly ILogger<RetainedMessages> _logger;
    private readonly Lock _gate = new();
    private readonly RetainedIndex _index = new();
    private readonly RetainedExpiry _expiry;
    private readonly RetainedWrites _writes;
    private readonly CancellationTokenSource _disposing = new();
    private long _bytes;

    /// <param name="due">For their expiry.</param>
    /// <param name="token">The shard, when other processes may take it; null when they can't.</param>
    /// <param name="stale">Called when one has.</param>
    public RetainedMessages(
        Tenant tenant,
        IRetainedStore store,
        TenantCounters counters,
        DelayQueue due,
        ILogger<RetainedMessages> logger,
        ShardFencingToken? token = null,
        Action? stale = null)
    {
        _tenant = tenant;
        _store = store;
        _counters = counters;
        _due = due;
        _logger = logger;
        _expiry = new RetainedExpiry(due, Sweep);
        _writes = new RetainedWrites(tenant.Name, store, due, logger, store.OutlivesProcess ? LeaveInStore : null, Reject, token, stale);
    }

    public int Count
    {
        get
        {
            lock (_gate)
                return _index.Count;
        }
    }

    /// <summary>Fills the index from the store, before the shard serves. What was stored is kept, even beyond the tenant's present limits.</summary>
    public async Task LoadAsync(int shard, int shards)
    {
        var rows = _store.LoadAsync(_tenant.Name, shard, shards, _due.Now, _disposing.Token);
        await foreach (var row in rows.ConfigureAwait(false))
        {
            lock (_gate)
            {
                var value = row.Message is { } message ? RetainedValue.Of(message) : new LeftInStore(row.ExpiresAt, row.Size);
                TrySet(row.Topic, row.Message?.Topic.Utf8.Length ?? Encoding.UTF8.GetByteCount(row.Topic), value, limited: false);
            }
        }

        // What has expired while nobody looked was not loaded.
        Background.Run(RemoveExpiredAsync([], _due.Now), _logger, "Removal of expired retained messages");
    }

    /// <summary>Puts the message into the index, or removes its topic's if it has no payload ([MQTT-3.3.1-6], [-7]).</summary>
    internal RetainedChange Stage(Message message)
    {
        lock (_gate)
        {
            var topic = message.Topic.Text;
            if (message.PayloadLength == 0)
            {
                // There may be nothing any more because of a change that is not written yet: that is to be waited for.
                if (_index.Find(topic) is not { } node)
                    return RetainedChange.Made;
                if (_writes.IsFull)
                    return RetainedChange.StoreBehind;
                Remove(node, message.Topic.Utf8.Length);
                _writes.Add(Message.Create(message.Topic, [], retain: true));
                return RetainedChange.Made;
            }

            if (_writes.IsFull)
                return RetainedChange.StoreBehind;
            var value = RetainedValue.Of(message);
            if (!TrySet(topic, message.Topic.Utf8.Length, value, limited: true))
                return RetainedChange.OverLimit;
            _writes.Add(RetainedValue.ToMessage(value, message.Topic)!);
            return RetainedChange.Made;
        }
    }

    /// <summary>Writes what is staged, by whomever: the store sees changes in the order of the index.</summary>
    /// <returns>
    /// True when all that was staged before is written; false when the store has no room for some of it, faulted when it failed otherwise. It
    /// is tried again in any case, so nobody has to wait.
    /// </returns>
    public Task<bool> CommitAsync() => _writes.CommitAsync();

    /// <summary>Reads messages that match. Large ones may have to come from the store; there is never more of them than fills a page.</summary>
    /// <exception cref="StoreUnavailableException">The store has been away for a while.</exception>
    public ValueTask<RetainedPage> ReadAsync(RetainedCursor cursor, int most)
    {
        var hits = new List<RetainedHit>();
        bool more;
        lock (_gate)
            more = _index.Read(cursor, most, hits);
        var now = _due.Now;
        var found = new List<Message>(hits.Count);
        List<string>? left = null;
        foreach (var (node, value) in hits)
        {
            if (RetainedValue.ExpiresAt(value) <= now)
                continue;
            if (value is LeftInStore)
                (left ??= []).Add(node.Topic);
            else
                found.Add(RetainedValue.ToMessage(value, new Topic(node.Topic))!);
        }

        return left is null ? new ValueTask<RetainedPage>(new RetainedPage(found, more)) : ReadLeftAsync(left, found, more);
    }

    public void Dispose()
    {
        lock (_gate)
        {
            if (_disposing.IsCancellationRequested)
                return;
            Account(-_index.Count, -_bytes);
            _disposing.Cancel();
            _expiry.Dispose();
        }

        _writes.Dispose();
        _disposing.Dispose();
    }

    private async ValueTask<RetainedPage> ReadLeftAsync(List<string> left, List<Message> found, bool more)
    {
        var stored = await _store.ReadAsync(_tenant.Name, left, CancellationToken.None).ConfigureAwait(false);
        var now = _due.Now;
        found.AddRange(stored.Where(message => !message.HasExpired(now)).Select(RetainedValue.Anonymous));
        return new RetainedPage(found, more);
    }

    private bool TrySet(string topic, int topicLength, object value, bool limited)
    {
        topicLength += DepthBytes(topic.AsSpan().Count('/') + 1);
        var before = _index.Find(topic)?.Value;
        var messages = before is null ? 1 : 0;
        long bytes = RetainedValue.Size(value, topicLength) - (before is null ? 0 : RetainedValue.Size(before, topicLength));
        if (limited && _tenant.Quotas.TryChangeRetained(messages, bytes) != ReasonCode.Success)
            return false;
        Account(messages, bytes, inQuota: limited);
        var node = _index.Set(topic, value);
        _expiry.Add(node, RetainedValue.ExpiresAt(value), _index.Count);
        return true;
    }

    private void Remove(RetainedNode node, int topicLength)
    {
        Account(-1, -RetainedValue.Size(node.Value!, topicLength + DepthBytes(node.Depth)));
        _index.Remove(node);
    }

    /// <summary>What the levels of a deep topic cost in the index, which may be a hundred times the topic and its payload.</summary>
    private static int DepthBytes(int levels) => Math.Max(0, levels - FreeLevels) * RetainedNode.Bytes;

    private void Account(int messages, long bytes, bool inQuota = false)
    {
        if (_disposing.IsCancellationRequested)
            return;
        if (!inQuota)
            _tenant.Quotas.CountRetained(messages, bytes);
        _bytes += bytes;
        _counters.RetainedMessages.Add(messages);
        _counters.RetainedBytes.Add(bytes);
    }

    /// <summary>Large messages that are in the store now need not be in memory any more.</summary>
    private void LeaveInStore(List<Message> written)
    {
        foreach (var message in written)
        {
            if (!RetainedRow.IsLarge(message))
                continue;
            lock (_gate)
            {
                if (_index.Find(message.Topic.Text) is { } node && ReferenceEquals(node.Value, message))
                    node.Value = new LeftInStore(message.ExpiresAt, message.Size);
            }
        }
    }

    /// <summary>
    /// The store does not take it, so the index drops it, too, unless a newer one has replaced it: what subscribers get does not depend on a
    /// restart. What the store had of the topic before is removed.
    /// </summary>
    private void Reject(Message message)
    {
        lock (_gate)
        {
            if (message.PayloadLength == 0 || _index.Find(message.Topic.Text) is not { Value: { } value } node || !RetainedValue.IsOf(value, message))
                return;
            Remove(node, message.Topic.Utf8.Length);
            _writes.Add(Message.Create(message.Topic, [], retain: true));
        }
    }

    private void Sweep()
    {
        var topics = new List<string>();
        lock (_gate)
        {
            foreach (var node in _expiry.Take())
            {
                topics.Add(node.Topic);
                Remove(node, Encoding.UTF8.GetByteCount(topics[^1]));
            }
        }

        if (topics.Count > 0)
            Background.Run(RemoveExpiredAsync(topics, _due.Now), _logger, "Removal of expired retained messages");
    }

    /// <summary>Nobody waits for it: what stays in the store is not loaded again, and goes with what expires next.</summary>
    private async Task RemoveExpiredAsync(IReadOnlyList<string> topics, long now)
    {
        try
        {
            await _store.RemoveExpiredAsync(_tenant.Name, topics, now).ConfigureAwait(false);
        }
        catch (Exception error)
        {
            Log.NotRemoved(_logger, _tenant.Name, error);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(Level = LogLevel.Warning, Message = "Tenant {Tenant}: removal of expired retained messages from the store failed")]
        public static partial void NotRemoved(ILogger logger, string tenant, Exception error);
    }
}

/// <summary>What became of a message with RETAIN set.</summary>
internal enum RetainedChange
{
    /// <summary>The index has changed; <see cref="RetainedMessages.CommitAsync"/> is to follow.</summary>
    Made,

    /// <summary>The tenant's limit for retained messages or bytes is reached.</summary>
    OverLimit,

    /// <summary>Too much waits for the store already.</summary>
    StoreBehind,
}
