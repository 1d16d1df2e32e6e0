using System.Collections.Concurrent;
using Starling.Broker.Cluster;
using Starling.Broker.Messages;
using Starling.Broker.Metrics;
using Starling.Broker.Sessions;
using Starling.Broker.Tenants;
using Starling.Edge.Connections;
using Starling.Protocol;

namespace Starling.Edge.Nodes;

/// <summary>This edge process: its connections, found by tenant and client id, and the calls that shards and sessions make to it.</summary>
internal sealed class EdgeNode : IEdge, IDisposable
{
    /// <summary>How long QoS 1 and 2 publishers wait for a receiver that does not read before it is closed.</summary>
    public static readonly TimeSpan SlowReaderPatience = TimeSpan.FromSeconds(5);

    private static readonly TimeSpan CloseWait = TimeSpan.FromSeconds(3);

    private readonly ConcurrentDictionary<string, EdgeTenant> _tenants = new(StringComparer.Ordinal);
    private readonly ITenantDirectory _directory;
    private readonly BrokerMetrics _metrics;
    private readonly TimeProvider _time;

    public EdgeNode(ITenantDirectory directory, BrokerMetrics metrics, TimeProvider time)
    {
        _directory = directory;
        _metrics = metrics;
        _time = time;
        _directory.Changed += OnTenantChanged;
    }

    public string Id { get; } = Guid.NewGuid().ToString("N");

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
        await fanout.RelieveAsync(SlowReaderPatience, _time).ConfigureAwait(false);
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
        await fanout.RelieveAsync(SlowReaderPatience, _time).ConfigureAwait(false);
        return true;
    }

    public ValueTask DeliverInboxAsync(string tenant, string clientId, long epoch, IReadOnlyList<InboxEntry> entries)
    {
        if (Find(tenant, clientId) is not { } connection || connection.Epoch != epoch)
            return ValueTask.CompletedTask;
        connection.DeliverInbox(entries);
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
            connection.Abort();
            return false;
        }
    }

    public void Dispose() => _directory.Changed -= OnTenantChanged;

    private ClientConnection? Find(string tenant, string clientId) =>
        _tenants.TryGetValue(tenant, out var here) ? here.Find(clientId) : null;

    private void OnTenantChanged(TenantChange change)
    {
        if (!_tenants.TryGetValue(change.Tenant.Name, out var here))
            return;
        foreach (var connection in here.Connections)
        {
            if (change.Closes(connection.User))
                _ = connection.CloseAsync(ReasonCode.NotAuthorized);
            else
                connection.RefreshAccess();
        }

        if (change.IsRemoved)
            _tenants.TryRemove(new KeyValuePair<string, EdgeTenant>(change.Tenant.Name, here));
    }
}
