using Starling.Broker.Contracts;
using Starling.Broker.Messages;

namespace Starling.Edge.Tests.Nodes;

/// <summary>A cluster that notes which sessions are woken, and may fail to.</summary>
internal sealed class WatchedCluster(ICluster cluster) : ICluster
{
    private readonly Lock _gate = new();
    private readonly List<string> _woken = [];
    private TaskCompletionSource _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Client ids, in the order in which they were tried.</summary>
    public string[] Woken
    {
        get
        {
            lock (_gate)
                return [.. _woken];
        }
    }

    /// <summary>Whether sessions don't answer.</summary>
    public bool Fails { get; set; }

    /// <summary>Makes sessions of the same client id others, as if this edge did not hear what an older connection's session asks of it.</summary>
    public string Suffix { get; set; } = "";

    public bool HasOtherEdges => cluster.HasOtherEdges;

    public async Task WokenAsync(int count)
    {
        while (true)
        {
            Task changed;
            lock (_gate)
            {
                if (_woken.Count >= count)
                    return;
                changed = _changed.Task;
            }

            await changed;
        }
    }

    public int ShardCount(string tenant) => cluster.ShardCount(tenant);

    public ITopicShard Shard(string tenant, int shard) => cluster.Shard(tenant, shard);

    public ISession Session(string tenant, string clientId) => new WatchedSession(cluster.Session(tenant, clientId + Suffix), () => Note(clientId));

    private void Note(string clientId)
    {
        lock (_gate)
        {
            _woken.Add(clientId);
            _changed.TrySetResult();
            _changed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        }

        if (Fails)
            throw new StoreUnavailableException("Nobody answers.");
    }

    private sealed class WatchedSession(ISession session, Action note) : ISession
    {
        public ValueTask<SessionConnected> ConnectAsync(SessionConnect connect, CancellationToken abandoned = default) =>
            session.ConnectAsync(connect, abandoned);

        public ValueTask<bool> StartAsync(long epoch, int receiveMaximum) => session.StartAsync(epoch, receiveMaximum);

        public ValueTask DisconnectAsync(long epoch, SessionDisconnect disconnect) => session.DisconnectAsync(epoch, disconnect);

        public ValueTask SubscribeAsync(long epoch, IReadOnlyList<Subscription> subscriptions) => session.SubscribeAsync(epoch, subscriptions);

        public ValueTask UnsubscribeAsync(long epoch, IReadOnlyList<string> filters) => session.UnsubscribeAsync(epoch, filters);

        public ValueTask EnqueueAsync(IReadOnlyList<Delivery> deliveries) => session.EnqueueAsync(deliveries);

        public ValueTask<InboxSummary?> ReplayAsync(string filter, IReadOnlyList<Delivery> deliveries) => session.ReplayAsync(filter, deliveries);

        public ValueTask AcknowledgeAsync(long epoch, IReadOnlyList<InboxAck> acks) => session.AcknowledgeAsync(epoch, acks);

        public ValueTask RecordReceivedAsync(long epoch, IReadOnlyList<ushort> received, IReadOnlyList<ushort> released) =>
            session.RecordReceivedAsync(epoch, received, released);

        public async ValueTask WakeAsync()
        {
            note();
            await session.WakeAsync();
        }
    }
}
