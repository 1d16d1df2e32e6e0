using System.Net;
using Microsoft.Extensions.Logging;
using Starling.Broker.Contracts;
using Starling.Broker.Messages;
using Starling.Broker.Metrics;
using Starling.Broker.Telemetry;
using Starling.Broker.Tenants;
using Starling.Broker.Tenants.Access;
using Starling.Broker.Tenants.Credentials;
using Starling.Broker.Threading;
using Starling.Edge.Outgoing;
using Starling.Edge.Transports;
using Starling.Protocol;

namespace Starling.Edge.Nodes;

/// <summary>
/// A client's connection as the rest of its edge knows it: whose it is, what the client may do and has subscribed to, what goes out to it,
/// and that it can be told to end. Thread-safe.
/// </summary>
internal sealed partial class EdgeConnection : ISkippedEntries
{
    /// <summary>Longer than anything that may keep the broker from reading: then the keep alive counts again.</summary>
    private static readonly TimeSpan MaxSuspension = TimeSpan.FromHours(1);

    private readonly AcceptedConnect _accepted;
    private readonly IPAddress? _address;

    public EdgeConnection(ClientTransport transport, AcceptedConnect accepted, ICluster cluster, TimeProvider time, ILogger logger)
    {
        _accepted = accepted;
        _address = transport.RemoteEndPoint?.Address;
        Cluster = cluster;
        Time = time;
        Logger = logger;
        Access = accepted.Access;
        Publisher = new Publisher(accepted.ClientId, accepted.Session.Epoch, accepted.Session.SessionId);
        Ledger = new ConnectionLedger(Counters.Held);
        Outbox = new Outbox(transport.Output, accepted.Outbox, Counters, time, this, Ledger, accepted.Tenant.Tenant.Quotas);
        Closing = new ConnectionClosing(transport);
        Subscriptions = new ClientSubscriptions(this);
        LastReceived = time.GetTimestamp();
    }

    public ICluster Cluster { get; }

    public TimeProvider Time { get; }

    public ILogger Logger { get; }

    public EdgeTenant EdgeTenant => _accepted.Tenant;

    public TenantCounters Counters => _accepted.Tenant.Counters;

    /// <summary>The edge that the session knows as the one that holds this connection.</summary>
    public string EdgeId => _accepted.EdgeId;

    public string ClientId => _accepted.ClientId;

    public User User => _accepted.Login.User;

    /// <summary>Whether the tenant, as it is now, would let the client in.</summary>
    public bool IsStillAllowed =>
        _accepted.Login.IsStillGood() && EdgeTenant.Tenant.FindBan(User.Name, ClientId, _address) is null
        && (_accepted.IsClientIdAssigned || EdgeTenant.Tenant.AllowsClientId(User, ClientId));

    /// <summary>Its subscriptions have No Local and Retain As Published.</summary>
    public bool IsBridge => _accepted.IsBridge;

    public ProtocolVersion Version => _accepted.Outbox.Version;

    /// <summary>Bytes that the client takes in one packet ([MQTT-3.1.2-24]).</summary>
    public uint MaximumPacketSize => _accepted.Outbox.MaximumPacketSize;

    /// <summary>Unacknowledged QoS 1 and 2 messages that the client may have towards the broker.</summary>
    public ushort ReceiveMaximum => _accepted.ReceiveMaximum;

    /// <summary>Topic aliases that the client may set.</summary>
    public ushort TopicAliasMaximum => _accepted.TopicAliasMaximum;

    public long Epoch => _accepted.Session.Epoch;

    public ISession Session => _accepted.SessionOwner;

    public bool IsDurable => _accepted.Session.Durable;

    public Publisher Publisher { get; }

    public Outbox Outbox { get; }

    /// <summary>Memory that is held for this connection.</summary>
    public ConnectionLedger Ledger { get; }

    public ClientSubscriptions Subscriptions { get; }

    public ConnectionClosing Closing { get; }

    /// <summary>What the client may do, as of the tenant's latest rules.</summary>
    public ClientAccess Access { get; private set; }

    /// <summary>Retained messages that are on their way to new subscriptions; null while there have been none.</summary>
    public OvertakenTopics? Overtaken { get; set; }

    /// <summary>1.5 times the keep alive; zero when it is off.</summary>
    public TimeSpan SilenceAllowed => TimeSpan.FromSeconds(_accepted.KeepAlive * 1.5);

    /// <summary>Its place in the <see cref="KeepAliveWheel"/>; null when the keep alive is off.</summary>
    public KeepAliveEntry? KeepAlive { get; set; }

    /// <summary>A timestamp of <see cref="Time"/>.</summary>
    public long LastReceived { get; private set; }

    public bool HasEnded => Closing.HasEnded;

    /// <inheritdoc cref="ConnectionClosing.Begin"/>
    /// <returns>Completes when it has ended and the session knows how.</returns>
    public Task CloseAsync(ReasonCode reason)
    {
        Closing.Begin(reason);
        return Closing.WhenReported;
    }

    public void CloseSlowReader()
    {
        Counters.SlowReadersClosed.Increment();
        LogSlowReader(Logger, EdgeTenant.Tenant.Name, ClientId);
        Closing.Begin(ReasonCode.QuotaExceeded);
    }

    /// <summary>It holds most of what a tenant holds that is over its limit.</summary>
    public void CloseHeavy() => Closing.Begin(ReasonCode.QuotaExceeded);

    public void CloseSilent()
    {
        Counters.KeepAliveTimeouts.Increment();
        Closing.Begin(ReasonCode.KeepAliveTimeout);
    }

    /// <summary>Takes over the tenant's changed rules.</summary>
    public void RefreshAccess()
    {
        Access = EdgeTenant.Tenant.AccessFor(User, ClientId);
        RunInBackground(Subscriptions.AuthorizeAsync(), "Removal of subscriptions that are no longer allowed");
    }

    /// <summary>Notes the time for the keep alive.</summary>
    public void TouchKeepAlive() => LastReceived = Time.GetTimestamp();

    /// <summary>Until the next <see cref="TouchKeepAlive"/> the broker does not read: that is not the client's silence.</summary>
    public void SuspendKeepAlive() => SuspendKeepAlive(MaxSuspension);

    /// <inheritdoc cref="SuspendKeepAlive()"/>
    /// <param name="time">How long the broker does not read.</param>
    public void SuspendKeepAlive(TimeSpan time) => LastReceived = Time.GetTimestamp() + (long)(time.TotalSeconds * Time.TimestampFrequency);

    /// <param name="heard">When the client was heard last, without the time for which it was not read from.</param>
    public void ResumeKeepAlive(long heard) => LastReceived = heard;

    public void DeliverInbox(IReadOnlyList<InboxEntry> entries, long owner)
    {
        // The rules may have changed since the messages came into the inbox. What is released has been received.
        var access = Access;
        var denied = entries.Where(e => !e.Released && !access.MayReceive(e.Delivery.Message.Topic.Text)).ToArray();
        if (Outbox.SendInbox(denied.Length == 0 ? entries : [.. entries.Where(e => !denied.Contains(e))], owner))
            Outbox.Flush();
        foreach (var entry in denied)
            CompletedShared(entry.Delivery);
        AcknowledgeUnsent([.. denied.Select(entry => new InboxAck(entry.Number, Received: false)), .. Outbox.TakeSkipped() ?? []]);
    }

    void ISkippedEntries.Skipped() => AcknowledgeUnsent(Outbox.TakeSkipped() ?? []);

    /// <summary>A message of a shared subscription is done with, which matters where members are chosen by what they have in flight.</summary>
    public void CompletedShared(SharedGroupKey group)
    {
        if (EdgeTenant.Tenant.Options.SharedSubscriptions != SharedSubscriptionStrategy.LeastInFlight)
            return;
        foreach (var shard in Cluster.ShardsOf(EdgeTenant.Tenant.Name, group.Filter))
            RunInBackground(shard.CompletedAsync(group, ClientId, 1), "Report of a completed shared delivery");
    }

    /// <summary>Of a message that is not sent although its shared subscription chose this client, if one did.</summary>
    public void CompletedShared(in Delivery delivery)
    {
        if (delivery is { Group: { } group, QoS: > QualityOfService.AtMostOnce })
            CompletedShared(group);
    }

    /// <summary>
    /// Does not wait for a call to a session or shard. That its owner is another one by now, or that its store does not answer, is nothing that
    /// this connection could do anything about; other failures are logged.
    /// </summary>
    /// <param name="what">As for <see cref="Background.Run(ValueTask, ILogger, string)"/>.</param>
    public void RunInBackground(ValueTask call, string what)
    {
        if (!call.IsCompletedSuccessfully)
            Background.Run(IgnoreUnavailableAsync(call), Logger, what);
    }

    private static async Task IgnoreUnavailableAsync(ValueTask call)
    {
        try
        {
            await call.ConfigureAwait(false);
        }
        catch (Exception error) when (error is StaleEpochException or StoreUnavailableException)
        {
            // The session, or the shard, knows what it has.
        }
    }

    /// <summary>Acknowledges entries that the client does not get as if it had.</summary>
    private void AcknowledgeUnsent(List<InboxAck> entries)
    {
        if (entries.Count > 0)
            RunInBackground(Session.AcknowledgeAsync(Epoch, entries), "Acknowledgement of inbox entries that were not sent");
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Tenant {Tenant}: closing client '{ClientId}', which does not read")]
    private static partial void LogSlowReader(ILogger logger, string tenant, ForeignText clientId);
}
