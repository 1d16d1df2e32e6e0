using System.Buffers;
using Starling.Broker.Contracts;
using Starling.Broker.Messages;
using Starling.Broker.Metrics;
using Starling.Broker.Tenants;
using Starling.Broker.Tenants.Access;
using Starling.Broker.Tenants.Credentials;
using Starling.Broker.Tenants.Quotas;
using Starling.Edge.Listeners;
using Starling.Edge.Nodes;
using Starling.Protocol;

namespace Starling.Edge.Connections;

/// <summary>A client whose CONNECT was accepted: who it is, what it was promised, and how its connection ends.</summary>
#pragma warning disable CA1001 // A cancellation source without a timer holds nothing that has to be disposed.
internal sealed partial class ClientConnection : ISkippedEntries
#pragma warning restore CA1001
{
    /// <summary>How long a client that is over its tenant's rates is made to wait before it is closed instead.</summary>
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(30);

    /// <summary>For the keep alive: what holds a connection up for longer than this has forgotten it.</summary>
    private static readonly TimeSpan LongestOccupation = TimeSpan.FromHours(1);

    private readonly ClientTransport _transport;
    private readonly AcceptedConnect _accepted;
    private readonly SubscriptionReceiver _subscriptions;
    private ConnAckPacket? _connAck;
    private TaskCompletionSource? _ended;
    private CancellationTokenSource? _closing;
    private RetainedReplay? _replay;
    private int _closeReason = -1;
    private bool _counted;
    private bool _aborted;
    private bool _hasLeft;

    public ClientConnection(ClientTransport transport, AcceptedConnect accepted, ConnAckPacket connAck, EdgeServices node)
    {
        _transport = transport;
        _accepted = accepted;
        _connAck = connAck;
        Node = node;
        Access = accepted.Access;
        Publisher = new Publisher(accepted.ClientId, accepted.Session.Epoch, accepted.Session.SessionId);
        Outbox = new Outbox(transport.Output, accepted.Outbox, Counters, node.Time, this);
        _subscriptions = new SubscriptionReceiver(this);
        LastReceived = node.Time.GetTimestamp();
    }

    public EdgeServices Node { get; }

    public EdgeTenant EdgeTenant => _accepted.Tenant;

    public TenantCounters Counters => _accepted.Tenant.Counters;

    /// <summary>The edge that the session knows as the one that holds this connection.</summary>
    public string EdgeId => _accepted.EdgeId;

    public string ClientId => _accepted.ClientId;

    public User User => _accepted.User;

    public ProtocolVersion Version => _accepted.Outbox.Version;

    public long Epoch => _accepted.Session.Epoch;

    public ISession Session => _accepted.SessionOwner;

    public bool IsDurable => _accepted.Session.Durable;

    public Publisher Publisher { get; }

    public Outbox Outbox { get; }

    /// <summary>What the client may do, as of the tenant's latest rules.</summary>
    public ClientAccess Access { get; private set; }

    /// <summary>Unacknowledged QoS 1 and 2 messages that the client may have towards the broker.</summary>
    public ushort ReceiveMaximum => _accepted.ReceiveMaximum;

    /// <summary>Topic aliases that the client may set.</summary>
    public ushort TopicAliasMaximum => _accepted.TopicAliasMaximum;

    /// <summary>1.5 times the keep alive; zero when it is off.</summary>
    public TimeSpan SilenceAllowed => TimeSpan.FromSeconds(_accepted.KeepAlive * 1.5);

    /// <summary>Where the wheel that looks at its keep alive has it; null when that is off.</summary>
    public KeepAliveEntry? KeepAlive { get; set; }

    /// <summary>A timestamp of the broker's clock.</summary>
    public long LastReceived { get; private set; }

    public bool HasEnded { get => Volatile.Read(ref field); private set => Volatile.Write(ref field, value); }

    /// <summary>Whether the connection has been told to end.</summary>
    public bool IsClosing => CloseReason is not null;

    /// <summary>Whether it ends because a newer connection is about to take the session, and has not done so without waiting any longer.</summary>
    public bool IsTakenOver => CloseReason is ReasonCode.SessionTakenOver && !Volatile.Read(ref _aborted);

    /// <summary>Cancelled when the connection is to end or has ended. Made only for those who have to wait for something.</summary>
    public CancellationToken Closing
    {
        get
        {
            var source = LazyInitializer.EnsureInitialized(ref _closing);
            if (IsClosing || HasEnded)
                source.Cancel();
            return source.Token;
        }
    }

    private ReasonCode? CloseReason => Volatile.Read(ref _closeReason) is var reason and >= 0 ? (ReasonCode)reason : null;

    /// <summary>Ends the connection, telling an MQTT 5 client why. The first reason counts.</summary>
    /// <returns>Completes when it has ended and the session knows how.</returns>
    public Task CloseAsync(ReasonCode reason)
    {
        Interlocked.CompareExchange(ref _closeReason, (int)reason, -1);
        _transport.Input.CancelPendingRead();
        Volatile.Read(ref _closing)?.Cancel();
        var ended = LazyInitializer.EnsureInitialized(ref _ended, static () => new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
        if (Volatile.Read(ref _hasLeft))
            ended.TrySetResult();
        return ended.Task;
    }

    /// <summary>Ends the connection at once: what has been read and not been looked at is not looked at any more.</summary>
    public void Abort()
    {
        Volatile.Write(ref _aborted, true);
        _transport.Abort();
    }

    public void CloseSlowReader()
    {
        Counters.SlowReadersClosed.Increment();
        Log.SlowReader(Node.Logger, EdgeTenant.Tenant.Name, ClientId);
        _ = CloseAsync(ReasonCode.QuotaExceeded);
    }

    public void CloseSilent()
    {
        Counters.KeepAliveTimeouts.Increment();
        _ = CloseAsync(ReasonCode.KeepAliveTimeout);
    }

    /// <summary>The tenant's rules have changed.</summary>
    public void RefreshAccess()
    {
        Access = EdgeTenant.Tenant.AccessFor(User, ClientId);
        _ = _subscriptions.AuthorizeAgainAsync();
    }

    public void DeliverInbox(IReadOnlyList<InboxEntry> entries, long owner)
    {
        // The rules may have changed since the messages came into the inbox. What is released has been received.
        var access = Access;
        var denied = entries.Where(e => !e.Released && !access.MayReceive(e.Delivery.Message.Topic.Text)).ToArray();
        if (Outbox.SendInbox(denied.Length == 0 ? entries : [.. entries.Where(e => !denied.Contains(e))], owner))
            Outbox.Flush();
        foreach (var entry in denied)
            CompletedShared(entry.Delivery);
        NotSent([.. denied.Select(entry => new InboxAck(entry.Number, Received: false)), .. Outbox.TakeSkipped() ?? []]);
    }

    void ISkippedEntries.Skipped() => NotSent(Outbox.TakeSkipped() ?? []);

    /// <summary>As if the client had acknowledged it.</summary>
    private void NotSent(List<InboxAck> entries)
    {
        if (entries.Count > 0)
            _ = Session.AcknowledgeAsync(Epoch, entries).AsTask();
    }

    /// <summary>Retained messages for these subscriptions will follow; to be called before the subscriptions take effect.</summary>
    public void ExpectReplay(IReadOnlyList<Subscription> subscriptions)
    {
        if (subscriptions.Count > 0)
            (_replay ??= new RetainedReplay(this, Closing)).Expect(subscriptions.Count);
    }

    public void Replay(IReadOnlyList<Subscription> subscriptions)
    {
        if (subscriptions.Count > 0)
            _replay!.Add(subscriptions);
    }

    /// <summary>A message that is also retained is about to be delivered.</summary>
    public void Overtake(Message retained)
    {
        if (_replay is { IsActive: true } replay)
            replay.Overtake(retained);
    }

    public void Send(SubAckPacket packet) => SendControl(packet, static (p, writer, version, most) => p.Encode(writer, version, most));

    public void Send(UnsubAckPacket packet) => SendControl(packet, static (p, writer, version, most) => p.Encode(writer, version, most));

    public void Send(AuthPacket packet) => SendControl(packet, static (p, writer, version, most) => p.Encode(writer, version, most));

    /// <summary>A message of a shared subscription is done with, which matters where members are chosen by what they have in flight.</summary>
    public void CompletedShared(SharedGroupKey group)
    {
        if (EdgeTenant.Tenant.Options.SharedSubscriptions != SharedSubscriptionStrategy.LeastInFlight)
            return;
        foreach (var shard in Node.Cluster.ShardsOf(EdgeTenant.Tenant.Name, group.Filter))
            _ = shard.CompletedAsync(group, ClientId, 1).AsTask();
    }

    /// <summary>Of a message that is not sent although its shared subscription chose this client, if one did.</summary>
    public void CompletedShared(in Delivery delivery)
    {
        if (delivery is { Group: { } group, QoS: > QualityOfService.AtMostOnce })
            CompletedShared(group);
    }

    public void Reply(ArrayBufferWriter<byte> replies, in AckPacket ack) => ack.Encode(replies, Version);

    /// <summary>Pauses this connection's reading, as the tenant's rates ask for.</summary>
    /// <exception cref="MqttProtocolException">MessageRateTooHigh: the tenant is so far over a rate that waiting would be no answer.</exception>
    public async ValueTask ThrottleAsync(TimeSpan delay)
    {
        if (delay <= TimeSpan.Zero)
            return;
        if (delay > LongestPause)
            throw new MqttProtocolException(ReasonCode.MessageRateTooHigh, $"the tenant is {delay.TotalSeconds:F0} s over a rate of messages or bytes");
        Counters.ReadsThrottled.Increment();
        // What the client sends meanwhile is not looked at: that is not its silence.
        LastReceived = Node.Time.GetTimestamp() + (long)(delay.TotalSeconds * Node.Time.TimestampFrequency);
        await Task.Delay(delay, Node.Time, Closing).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    /// <summary>Serves the client from its CONNACK to the end of its connection.</summary>
    public async Task ServeAsync(CancellationToken drain)
    {
        var disconnect = SessionDisconnect.Lost;
        var hasSaidGoodbye = false;
        ReasonCode? farewell = null;
        try
        {
            var connAck = _connAck!;
            _connAck = null;
            if (!SendControl(connAck, static (p, writer, version, most) => p.Encode(writer, version, most)))
            {
                Log.ConnAckTooLarge(Node.Logger, EdgeTenant.Tenant.Name, ClientId, _accepted.Outbox.MaximumPacketSize);
                disconnect = new SessionDisconnect(PublishWill: false);
                return;
            }

            farewell = ReasonCode.SessionTakenOver;
            if (!EdgeTenant.TryRegister(this))
                return;
            farewell = ReasonCode.ServerBusy;
            // The edge closes those it knows when it loses its place in the cluster; this one may have come too late for that.
            if (!Node.Edge.IsOpen || Node.Edge.Id != EdgeId)
                return;
            farewell = ReasonCode.SessionTakenOver;
            _transport.Established();
            Counters.ConnectionsOpen.Increment();
            _counted = true;
            Counters.ConnectionsAccepted.Increment();
            Counters.ConnectionsMaximum.RaiseTo(Counters.ConnectionsOpen.Value);
            Node.KeepAlive.Add(this);
            if (Access.Version != EdgeTenant.Tenant.Version)
                RefreshAccess();
            await _subscriptions.ResumeAsync(_accepted.Session.Subscriptions).ConfigureAwait(false);
            Outbox.Flush();
            if (!await Session.StartAsync(Epoch, _accepted.Outbox.ReceiveMaximum).ConfigureAwait(false))
                return;
            // The edge closes those it knows when the broker shuts down; this one may have come too late for that.
            if (drain.IsCancellationRequested)
                _ = CloseAsync(Node.Options.Drain.ReasonCode);
            farewell = ReasonCode.UnspecifiedError;
            var receiver = new PacketReceiver(this, _transport.Input, _subscriptions, _accepted);
            var goodbye = await receiver.ReceiveAsync().ConfigureAwait(false);
            hasSaidGoodbye = goodbye is not null;
            disconnect = goodbye ?? disconnect;
            farewell = hasSaidGoodbye ? null : CloseReason;
        }
        catch (MqttProtocolException error)
        {
            Counters.ProtocolErrors.Increment();
            if (error.ReasonCode == ReasonCode.PacketTooLarge)
                EdgeTenant.Tenant.Quotas.Refuse(TenantLimit.PacketSize);
            Log.ProtocolError(Node.Logger, EdgeTenant.Tenant.Name, ClientId, error.ReasonCode, error.Message);
            farewell = error.ReasonCode;
        }
        catch (StaleEpochException)
        {
            farewell = ReasonCode.SessionTakenOver;
        }
        catch (StoreUnavailableException error)
        {
            Log.NotStored(Node.Logger, EdgeTenant.Tenant.Name, ClientId, error.Message);
            farewell = ReasonCode.ServerBusy;
        }
        finally
        {
            await EndAsync(farewell, disconnect).ConfigureAwait(false);
            if (hasSaidGoodbye)
                await Outbox.Flushing.WaitAsync(LongestGoodbye, Node.Time, CancellationToken.None).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (Outbox.IsStalled)
                _transport.Abort();
        }
    }

    /// <returns>False when the packet is too large for the client ([MQTT-3.1.2-24]).</returns>
    private bool SendControl<T>(T packet, Func<T, IBufferWriter<byte>, ProtocolVersion, uint, bool> encode)
    {
        var bytes = new ArrayBufferWriter<byte>(64);
        if (!encode(packet, bytes, Version, _accepted.Outbox.MaximumPacketSize))
            return false;
        if (Outbox.SendControl(bytes.WrittenSpan))
            Outbox.Flush();
        return true;
    }

    /// <summary>Notes the time for the keep alive.</summary>
    public void TouchKeepAlive() => LastReceived = Node.Time.GetTimestamp();

    /// <summary>Until the next time that something is heard the broker does not listen: that is not the client's silence.</summary>
    public void SuspendKeepAlive() => LastReceived = Node.Time.GetTimestamp() + (long)(LongestOccupation.TotalSeconds * Node.Time.TimestampFrequency);

    public void Received(int packets, long bytes)
    {
        Counters.PacketsReceived.Add(packets);
        Counters.BytesReceived.Add(bytes);
    }

    /// <summary>An acknowledgement of the inbox, for a replay that goes by the inbox and waits for the client.</summary>
    public void InboxAcknowledged() => _replay?.Acknowledged();

    /// <param name="filter">As the client wrote it.</param>
    public bool IsSubscribed(string filter) => _subscriptions.Contains(filter);
}
