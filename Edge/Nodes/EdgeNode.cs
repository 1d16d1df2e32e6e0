using System.Collections.Concurrent;
using Starling.Broker.Contracts;
using Starling.Broker.Messages;
using Starling.Broker.Metrics;
using Starling.Broker.Tenants;
using Starling.Protocol;

namespace Starling.Edge.Nodes;

/// <summary>This edge process: its connections, found by tenant and client id, and the calls that shards and sessions make to it.</summary>
internal sealed class EdgeNode : IEdge, IDisposable
{
    /// <summary>How long QoS 1 and 2 publishers wait for a receiver that does not read before it is closed.</summary>
    public static readonly TimeSpan SlowReaderPatience = TimeSpan.FromSeconds(5);

    private static readonly TimeSpan CloseWait = TimeSpan.FromSeconds(3);

    /// <summary>How long connections may take to end when the edge has lost its place in the cluster.</summary>
    private static readonly TimeSpan EndWait = TimeSpan.FromSeconds(1);

    private readonly ConcurrentDictionary<string, EdgeTenant> _tenants = new(StringComparer.Ordinal);
    private readonly ITenantDirectory _directory;
    private readonly BrokerMetrics _metrics;
    private readonly TimeProvider _time;
    private long _attempts;

    public EdgeNode(ITenantDirectory directory, BrokerMetrics metrics, TimeProvider time)
    {
        _directory = directory;
        _metrics = metrics;
        _time = time;
        _directory.Changed += OnTenantChanged;
    }

    public string Id { get => Volatile.Read(ref field); private set => Volatile.Write(ref field, value); } = Guid.NewGuid().ToString("N");

    /// <summary>Whether connections may come: in a cluster only while it is a member.</summary>
    public bool IsOpen { get => Volatile.Read(ref field); private set => Volatile.Write(ref field, value); } = true;

    public IEnumerable<EdgeTenant> Tenants => _tenants.Values;

    public EdgeTenant Of(Tenant tenant) =>
        _tenants.TryGetValue(tenant.Name, out var known) && ReferenceEquals(known.Tenant, tenant)
            ? known
            : _tenants.AddOrUpdate(
                tenant.Name,
                _ => new EdgeTenant(tenant, _metrics.For(tenant.Name)),
                (_, present) => ReferenceEquals(present.Tenant, tenant) ? present : new EdgeTenant(tenant, _metrics.For(tenant.Name)));

    public async ValueTask DeliverAsync(string tenant, IReadOnlyList<Message> messages)
    {
        if (!_tenants.TryGetValue(tenant, out var here))
            return;
        var fanout = new Fanout();
        foreach (var message in messages)
            here.Deliver(message, fanout);
        fanout.Flush();
        await fanout.WaitForSlowReadersAsync(SlowReaderPatience, _time).ConfigureAwait(false);
    }

    public async ValueTask<bool> DeliverToAsync(string tenant, string clientId, long epoch, IReadOnlyList<Delivery> deliveries)
    {
        if (Find(tenant, clientId) is not { HasEnded: false } connection || connection.Epoch != epoch)
            return false;
        var access = connection.Access;
        var denied = deliveries.Where(delivery => !access.MayReceive(delivery.Message.Topic.Text)).ToArray();
        if (!connection.Outbox.TrySend(denied.Length == 0 ? deliveries : deliveries.Where(d => !denied.Contains(d)), out var flush))
            return false;
        foreach (var delivery in denied)
            connection.CompletedShared(delivery);
        var fanout = new Fanout();
        if (flush)
            fanout.Touch(connection.Outbox);
        if (connection.Outbox.IsCongested && deliveries.Any(delivery => delivery.QoS > QualityOfService.AtMostOnce))
            fanout.Congested(connection);
        fanout.Flush();
        await fanout.WaitForSlowReadersAsync(SlowReaderPatience, _time).ConfigureAwait(false);
        return true;
    }

    public ValueTask DeliverInboxAsync(string tenant, string clientId, long epoch, long owner, IReadOnlyList<InboxEntry> entries)
    {
        if (Find(tenant, clientId) is not { } connection || connection.Epoch != epoch)
            return ValueTask.CompletedTask;
        connection.DeliverInbox(entries, owner);
        return ValueTask.CompletedTask;
    }

    public async ValueTask<bool> CloseAsync(string tenant, string clientId, long epoch, ReasonCode reason)
    {
        if (Find(tenant, clientId) is not { } connection || connection.Epoch > epoch)
            return true;
        try
        {
            await connection.CloseAsync(reason).WaitAsync(CloseWait, _time).ConfigureAwait(false);
            return true;
        }
        catch (TimeoutException)
        {
            connection.Closing.Abort();
            return false;
        }
    }

    /// <summary>Closes whatever connection the client has here, since another one owns its session.</summary>
    /// <returns>The epoch of the connection that was there; 0 for none.</returns>
    public async ValueTask<long> EvictAsync(string tenant, string clientId, ReasonCode reason)
    {
        if (Find(tenant, clientId) is not { } connection)
            return 0;
        await CloseAsync(tenant, clientId, connection.Epoch, reason).ConfigureAwait(false);
        return connection.Epoch;
    }

    /// <summary>Different for each connection that this process asks a session for, under whatever id.</summary>
    public long NextAttempt() => ((long)(new Topic(Id).Hash >> 1) << 32) | (uint)Interlocked.Increment(ref _attempts);

    /// <summary>The process becomes the edge of this id. Connections may come when it is <see cref="Open"/>.</summary>
    public void Begin(string id)
    {
        IsOpen = false;
        Id = id;
    }

    public void Open() => IsOpen = true;

    /// <summary>The process is no edge of the cluster any more: its connections are closed. Done when they are.</summary>
    public async Task EndAsync()
    {
        IsOpen = false;
        var connections = _tenants.Values.SelectMany(tenant => tenant.Connections).ToArray();
        var closing = Task.WhenAll(connections.Select(connection => connection.CloseAsync(ReasonCode.ServerBusy)));
        await closing.WaitAsync(EndWait, _time).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        foreach (var connection in connections.Where(connection => !connection.HasEnded))
            connection.Closing.Abort();
    }

    public void Dispose() => _directory.Changed -= OnTenantChanged;

    /// <summary>Whether the connection of this epoch, or a later one of its client, is here.</summary>
    public bool Holds(string tenant, string clientId, long epoch) => Find(tenant, clientId)?.Epoch >= epoch;

    private EdgeConnection? Find(string tenant, string clientId) =>
        _tenants.TryGetValue(tenant, out var here) ? here.Find(clientId) : null;

    private void OnTenantChanged(TenantChange change)
    {
        if (!_tenants.TryGetValue(change.Tenant.Name, out var here))
            return;
        foreach (var connection in here.Connections)
        {
            if (!connection.IsStillAllowed)
                connection.Closing.Begin(ReasonCode.NotAuthorized);
            else
                connection.RefreshAccess();
        }

        if (change.IsRemoved)
            _tenants.TryRemove(new KeyValuePair<string, EdgeTenant>(change.Tenant.Name, here));
    }
}
