using System.Runtime.CompilerServices;
using Starling.Broker.Contracts;
using Starling.Broker.Messages;

namespace Starling.Broker.Tests.Retained;

/// <summary>A store that outlives the process, takes its time when it is told to, or refuses.</summary>
internal sealed class StoreOnTrial : IRetainedStore
{
    private TaskCompletionSource? _held;

    public bool OutlivesProcess { get; set; } = true;

    public bool Refuses { get; set; }

    public bool Fails { get; set; }

    public Dictionary<string, Message> Rows { get; } = [];

    /// <summary>Topics and payload lengths of each write that it took.</summary>
    public List<string> Writes { get; } = [];

    public List<IReadOnlyList<string>> Reads { get; } = [];

    public List<int> Removals { get; } = [];

    /// <summary>Writes wait until <see cref="Release"/>.</summary>
    public void Hold() => _held = new TaskCompletionSource();

    public void Release()
    {
        var held = _held!;
        _held = null;
        held.SetResult();
    }

    /// <summary>Writes that came so far go on, later ones wait.</summary>
    public void ReleaseFirst()
    {
        var held = _held!;
        Hold();
        held.SetResult();
    }

    public async ValueTask SetAsync(string tenant, IReadOnlyList<Message> messages, ShardFencingToken? shard = null)
    {
        if (_held is { } held)
            await held.Task;
        if (Refuses)
            throw new StoreUnavailableException("Away.");
        if (Fails)
            throw new IOException("The disk is full.");
        Writes.Add(string.Join(' ', messages.Select(m => $"{m.Topic.Text}={System.Text.Encoding.UTF8.GetString(m.Payload)}")));
        foreach (var message in messages)
        {
            if (message.PayloadLength == 0)
                Rows.Remove(message.Topic.Text);
            else
                Rows[message.Topic.Text] = message;
        }
    }

    public async IAsyncEnumerable<RetainedRow> LoadAsync(
        string tenant, int shard, int shards, long now, [EnumeratorCancellation] CancellationToken cancellation = default)
    {
        await Task.CompletedTask;
        foreach (var message in Rows.Values)
            yield return new RetainedRow(message.Topic.Text, message.ExpiresAt, message.Size, RetainedRow.IsLarge(message) ? null : message);
    }

    public ValueTask<IReadOnlyList<Message>> ReadAsync(string tenant, IReadOnlyList<string> topics, CancellationToken cancellation = default)
    {
        Reads.Add(topics);
        return new([.. topics.Where(Rows.ContainsKey).Select(topic => Rows[topic])]);
    }

    public ValueTask RemoveExpiredAsync(string tenant, IReadOnlyList<string> topics, long now)
    {
        Removals.Add(topics.Count);
        foreach (var topic in topics)
            Rows.Remove(topic);
        return ValueTask.CompletedTask;
    }
}
