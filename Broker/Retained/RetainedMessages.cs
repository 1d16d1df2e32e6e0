using Starling.Broker.Messages;
using Starling.Broker.Metrics;
using Starling.Broker.Routing;
using Starling.Broker.Tenants;
using Starling.Broker.Time;
using Starling.Protocol;

namespace Starling.Broker.Retained;

/// <summary>
/// A shard's retained messages: an index in memory over what the store keeps. The index changes before the store has written, in
/// the order of the publishers' batches; a publisher is answered after the write. Thread-safe.
/// </summary>
public sealed class RetainedMessages : IDisposable
{
    private readonly Tenant _tenant;
    private readonly IRetainedStore _store;
    private readonly TenantCounters _counters;
    private readonly DueTimes _due;
    private readonly Lock _gate = new();
    private readonly RetainedIndex _index = new();
    private readonly PriorityQueue<Message, long> _expiring = new();
    private List<Message> _staged = [];
    private Task _written = Task.CompletedTask;
    private IDisposable? _sweep;
    private long _sweepAt = Message.Never;

    public RetainedMessages(Tenant tenant, IRetainedStore store, TenantCounters counters, DueTimes due)
    {
        _tenant = tenant;
        _store = store;
        _counters = counters;
        _due = due;
    }

    public int Count
    {
        get
        {
            lock (_gate)
                return _index.Count;
        }
    }

    /// <summary>Fills the index from the store, before the shard serves.</summary>
    public async Task LoadAsync(int shard, int shards)
    {
        await foreach (var message in _store.LoadAsync(_tenant.Name, shard, shards).ConfigureAwait(false))
        {
            lock (_gate)
                TrySet(message);
        }
    }

    /// <summary>Puts the message into the index, or removes its topic's if it has no payload ([MQTT-3.3.1-6], [-7]).</summary>
    /// <returns>False when the tenant's limit for retained messages or bytes is reached.</returns>
    internal bool TryStage(Message message)
    {
        lock (_gate)
        {
            if (message.PayloadLength == 0)
            {
                if (_index.Remove(message.Topic.Text) is not { } removed)
                    return true;
                Release(removed);
            }
            else if (!TrySet(message = message.Compact()))
                return false;
            _staged.Add(message);
            return true;
        }
    }

    /// <summary>Writes what is staged, by whomever: the store sees changes in the order of the index. Done when all of it is written.</summary>
    internal Task CommitAsync()
    {
        lock (_gate)
        {
            if (_staged.Count > 0)
            {
                var batch = _staged;
                _staged = [];
                var write = WriteAsync(batch);
                _written = write.IsCompletedSuccessfully && _written.IsCompletedSuccessfully
                    ? Task.CompletedTask
                    : Task.WhenAll(_written.IsFaulted ? Task.CompletedTask : _written, write);
            }
            else if (_written.IsFaulted)
            {
                // What failed then has been replaced since: nothing is left unwritten.
                _written = Task.CompletedTask;
            }

            return _written;
        }
    }

    /// <summary>What can not be written is staged again, unless it has been replaced, so that the store comes to agree with the index.</summary>
    private async Task WriteAsync(List<Message> batch)
    {
        try
        {
            await _store.SetAsync(_tenant.Name, batch).ConfigureAwait(false);
        }
        catch
        {
            lock (_gate)
                _staged.InsertRange(0, batch.Where(IsCurrent));
            throw;
        }
    }

    private bool IsCurrent(Message message) => _index.Find(message.Topic.Text) is { } present
        ? ReferenceEquals(present, message)
        : message.PayloadLength == 0;

    public RetainedPage Read(RetainedCursor cursor, int most)
    {
        var found = new List<Message>();
        bool more;
        lock (_gate)
            more = _index.Read(cursor, most, found);
        var now = _due.Now;
        found.RemoveAll(message => message.HasExpired(now));
        return new RetainedPage(found, more);
    }

    public void Dispose() => _sweep?.Dispose();

    private bool TrySet(Message message)
    {
        var before = _index.Find(message.Topic.Text);
        if (!TryAccount(before is null ? 1 : 0, message.Size - (before?.Size ?? 0)))
            return false;
        _index.Set(message);
        if (message.ExpiresAt != Message.Never)
        {
            _expiring.Enqueue(message, message.ExpiresAt);
            if (_expiring.Count > (2 * _index.Count) + 1024)
                ForgetReplaced();
            if (message.ExpiresAt < _sweepAt)
                ScheduleSweep(message.ExpiresAt);
        }

        return true;
    }

    private void Release(Message removed) => TryAccount(-1, -removed.Size);

    private bool TryAccount(int messages, long bytes)
    {
        if (_tenant.Quotas.TryChangeRetained(messages, bytes) != ReasonCode.Success)
            return false;
        _counters.RetainedMessages.Add(messages);
        _counters.RetainedBytes.Add(bytes);
        return true;
    }

    private void ScheduleSweep(long at)
    {
        _sweep?.Dispose();
        _sweepAt = at;
        _sweep = _due.Schedule(at, Sweep);
    }

    /// <summary>Messages that were replaced are not kept until they would have expired.</summary>
    private void ForgetReplaced()
    {
        var present = _expiring.UnorderedItems.Where(item => ReferenceEquals(_index.Find(item.Element.Topic.Text), item.Element)).ToArray();
        _expiring.Clear();
        _expiring.EnqueueRange(present);
    }

    private void Sweep()
    {
        lock (_gate)
        {
            var now = _due.Now;
            while (_expiring.TryPeek(out var message, out var at) && at <= now)
            {
                _expiring.Dequeue();
                if (!ReferenceEquals(_index.Find(message.Topic.Text), message))
                    continue;
                _index.Remove(message.Topic.Text);
                Release(message);
                _staged.Add(Message.Create(message.Topic, [], retain: true));
            }

            _sweepAt = Message.Never;
            if (_expiring.TryPeek(out _, out var next))
                ScheduleSweep(Math.Max(next, now + 1000));
        }

        // Nobody waits for it: should the store be away, the rows carry their expiry and are not loaded again.
        _ = CommitAsync();
    }
}
