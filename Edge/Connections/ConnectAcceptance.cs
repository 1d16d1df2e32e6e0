using System.Net;
using System.Text;
using Microsoft.Extensions.Logging;
using Starling.Broker.Contracts;
using Starling.Broker.Messages;
using Starling.Broker.Telemetry;
using Starling.Broker.Tenants;
using Starling.Broker.Tenants.Access;
using Starling.Broker.Tenants.Authentication;
using Starling.Broker.Tenants.Credentials;
using Starling.Broker.Tenants.Quotas;
using Starling.Broker.Threading;
using Starling.Edge.Nodes;
using Starling.Edge.Outgoing;
using Starling.Edge.Transports;
using Starling.Protocol;

namespace Starling.Edge.Connections;

/// <summary>
/// Decides on one CONNECT, in this order: tenant, credentials, the tenant's limits, what the packet asks for, and at last the session,
/// which is where an older connection with the same client id ends. A refusal is answered and leaves nothing behind.
/// </summary>
internal sealed partial class ConnectAcceptance(ClientTransport transport, ConnectHandshake handshake, EdgeServices node, ConnectPacket connect)
{
    private ReadOnlyMemory<byte>? _authenticationData;

    private bool IsV5 => connect.ProtocolVersion == ProtocolVersion.Mqtt5;

    /// <returns>The connection, whose CONNACK is not sent yet; null when the client has been refused.</returns>
    /// <exception cref="MqttProtocolException">The client is refused, and has to be told with the reason code.</exception>
    public async Task<ClientConnection?> AcceptAsync(CancellationToken drain)
    {
        var resolution = node.Resolver.Resolve(transport.ServerName, NamedUser(), transport.Listener.Tenant);
        if (resolution.Tenant is not { } tenant)
        {
            if (node.Refusals.MayLog(transport.Listener.Name, "no tenant", transport.RemoteEndPoint))
                LogNoTenant(node.Logger, transport.Listener.Name, transport.RemoteEndPoint, resolution.Error);
            await handshake.RefuseAsync(ReasonCode.NotAuthorized).ConfigureAwait(false);
            return null;
        }

        var here = node.Edge.Of(tenant);
        if (IsBanned(tenant, resolution.UserName))
            return await RefuseAsync(here, ReasonCode.Banned).ConfigureAwait(false);
        var authentication = await AuthenticateAsync(tenant, resolution.UserName).ConfigureAwait(false);
        if (authentication.Login is not { } login)
            return await RefuseAsync(here, authentication.ReasonCode).ConfigureAwait(false);
        if (login.User.Name != resolution.UserName && IsBanned(tenant, login.User.Name))
            return await RefuseAsync(here, ReasonCode.Banned).ConfigureAwait(false);
        if (drain.IsCancellationRequested || !node.Edge.IsOpen)
            return await RefuseAsync(here, ReasonCode.ServerUnavailable).ConfigureAwait(false);
        await node.Quotas.EnsureAsync(tenant).ConfigureAwait(false);
        var takesOver = here.Find(connect.ClientIdentifier) is not null;
        var admitted = tenant.Quotas.TryAddConnection(takesOver, isFinal: !node.Quotas.CanAsk);
        // Another edge may have some to spare.
        if (admitted != ReasonCode.Success && node.Quotas.CanAsk)
        {
            await node.Quotas.AskForMoreAsync(tenant).ConfigureAwait(false);
            admitted = tenant.Quotas.TryAddConnection(takesOver);
        }

        if (admitted != ReasonCode.Success)
            return await RefuseAsync(here, admitted).ConfigureAwait(false);

        var counted = true;
        try
        {
            var accepted = await ConnectSessionAsync(here, login).ConfigureAwait(false);
            if (accepted.Session.ReasonCode != ReasonCode.Success)
                return await RefuseAsync(here, accepted.Session.ReasonCode).ConfigureAwait(false);
            counted = false;
            return new ClientConnection(transport, accepted, ConnAck(accepted), node);
        }
        finally
        {
            if (counted)
                tenant.Quotas.RemoveConnection();
        }
    }

    private async ValueTask<ClientConnection?> RefuseAsync(EdgeTenant tenant, ReasonCode reason)
    {
        tenant.Counters.ConnectionsRefused.Increment();
        if (node.Refusals.MayLog(transport.Listener.Name, reason.ToString(), transport.RemoteEndPoint))
            LogRefused(node.Logger, tenant.Tenant.Name, connect.ClientIdentifier, transport.RemoteEndPoint, reason);
        await handshake.RefuseAsync(reason, connect.MaximumPacketSize ?? uint.MaxValue).ConfigureAwait(false);
        return null;
    }

    private bool IsBanned(Tenant tenant, string? userName)
    {
        if (tenant.FindBan(userName, connect.ClientIdentifier, transport.RemoteEndPoint?.Address) is not { } ban)
            return false;
        LogBanned(node.Logger, tenant.Name, ban.Reason ?? "");
        return true;
    }

    /// <summary>The user that decides on the tenant: the CONNECT's, or the one that its SCRAM message is about.</summary>
    private string? NamedUser() =>
        connect.UserName ?? (connect.AuthenticationMethod == ScramSha256Exchange.Method
            ? ScramSha256Exchange.UserNameIn(connect.AuthenticationData.GetValueOrDefault().Span)
            : null);

    private async ValueTask<AuthenticationResult> AuthenticateAsync(Tenant tenant, string? userName)
    {
        switch (connect.AuthenticationMethod)
        {
            case null:
                return await node.Authenticator
                    .AuthenticateAsync(tenant, userName, connect.Password, transport.ClientCertificate?.Presented, transport.RemoteEndPoint?.Address, transport.Closed).ConfigureAwait(false);
            case ScramSha256Exchange.Method:
                return await AuthenticateScramAsync(tenant, connect.UserName is null ? null : userName).ConfigureAwait(false);
            case var other:
                throw new MqttProtocolException(
                    ReasonCode.BadAuthenticationMethod,
                    $"CONNECT: authentication method '{ForeignText.Shorten(other)}' is not known, only {ScramSha256Exchange.Method} [MQTT-4.12.0-1]");
        }
    }

    private async ValueTask<AuthenticationResult> AuthenticateScramAsync(Tenant tenant, string? requiredUser)
    {
        var exchange = node.Authenticator.BeginScramSha256(tenant, requiredUser, transport.RemoteEndPoint?.Address);
        var step = exchange.Step(connect.AuthenticationData.GetValueOrDefault().Span);
        while (step.ReasonCode == ReasonCode.ContinueAuthentication)
        {
            await handshake.SendAsync(new AuthPacket
            {
                ReasonCode = ReasonCode.ContinueAuthentication,
                AuthenticationMethod = ScramSha256Exchange.Method,
                AuthenticationData = step.Data,
            }).ConfigureAwait(false);
            var answer = await handshake.ReadAuthAsync().ConfigureAwait(false) ?? throw new OperationCanceledException();
            if (answer.AuthenticationMethod != ScramSha256Exchange.Method || answer.ReasonCode != ReasonCode.ContinueAuthentication)
                throw new MqttProtocolException(ReasonCode.ProtocolError, "AUTH: the method or reason differs from that of CONNECT [MQTT-4.12.0-5]");
            step = exchange.Step(answer.AuthenticationData.GetValueOrDefault().Span);
        }

        _authenticationData = step.Data;
        return node.Authenticator.Record(tenant, step);
    }

    private async ValueTask<AcceptedConnect> ConnectSessionAsync(EdgeTenant here, Login login)
    {
        var user = login.User;
        var limits = here.Tenant.Options.Limits;
        var clientId = connect.ClientIdentifier.Length > 0 ? connect.ClientIdentifier : $"starling-{Guid.NewGuid():N}";
        if (Encoding.UTF8.GetByteCount(clientId) > limits.TopicLength)
            throw new MqttProtocolException(ReasonCode.ClientIdentifierNotValid, "CONNECT: the client identifier is longer than the tenant's topics may be");
        if (connect.ClientIdentifier.Length > 0 && !here.Tenant.AllowsClientId(user, clientId))
            throw new MqttProtocolException(ReasonCode.ClientIdentifierNotValid, "CONNECT: the user may not have this client identifier");
        var access = here.Tenant.AccessFor(user, clientId);
        var will = Will(here.Tenant, user, access, clientId);
        var asked = IsV5 ? connect.SessionExpiryInterval ?? 0 : connect.CleanStart ? 0 : uint.MaxValue;
        var expiry = Math.Min(asked, limits.SessionExpirySeconds ?? uint.MaxValue);
        var edgeId = node.Edge.Id;
        var attempt = node.Cluster.HasOtherEdges ? node.Edge.NextAttempt() : 0;
        var receiveMaximum = connect.ReceiveMaximum ?? (IsV5 ? ushort.MaxValue : limits.ReceiveMaximum);
        var connected = await ConnectSessionAsync(
            node.Cluster.Session(here.Tenant.Name, clientId),
            new SessionConnect(edgeId, connect.CleanStart, expiry, will, transport.RemoteEndPoint?.Address, attempt, user)).ConfigureAwait(false);
        var outbox = new OutboxOptions(
            connect.ProtocolVersion,
            receiveMaximum,
            connect.MaximumPacketSize ?? uint.MaxValue,
            connect.TopicAliasMaximum ?? 0,
            node.Options.Limits.OutgoingQueueBytes);
        return new AcceptedConnect(
            here,
            edgeId,
            clientId,
            connect.ClientIdentifier.Length == 0,
            connect.IsBridge,
            login,
            access,
            // Asked for again: the session object that connected may have been removed just then and have passed the call on to a new one.
            node.Cluster.Session(here.Tenant.Name, clientId),
            connected,
            outbox,
            limits.ReceiveMaximum,
            limits.TopicAliasMaximum,
            KeepAlive(limits),
            expiry,
            connect.AuthenticationMethod);
    }

    /// <summary>A client is told that its session is unavailable while it still waits for CONNACK: the store may not answer at all.</summary>
    private async ValueTask<SessionConnected> ConnectSessionAsync(ISession session, SessionConnect request)
    {
        var cancelled = new CancellationTokenSource();
        var connecting = session.ConnectAsync(request, cancelled.Token);
        if (connecting.IsCompletedSuccessfully)
            return connecting.Result;
        var pending = connecting.AsTask();
        try
        {
            return await pending.WaitAsync(TimeForSession(), node.Time).ConfigureAwait(false);
        }
        catch (Exception error) when (error is TimeoutException or StoreUnavailableException or StaleEpochException)
        {
            await cancelled.CancelAsync().ConfigureAwait(false);
            Background.Run(ReleaseAsync(session, pending), node.Logger, "Release of a session whose CONNECT was given up");
            if (node.Refusals.MayLog(transport.Listener.Name, "session unavailable", transport.RemoteEndPoint))
                LogNoSession(node.Logger, connect.ClientIdentifier, error.Message);
            return new SessionConnected(ReasonCode.ServerUnavailable, SessionPresent: false, Durable: false, Epoch: 0, SessionId: 0, [], []);
        }
    }

    /// <summary>
    /// Most of what is left until the connection is closed without an answer. How long the handshakes and the login took counts: a client is told
    /// that its session is unavailable before that.
    /// </summary>
    private TimeSpan TimeForSession()
    {
        var left = transport.ConnectDeadline is { } deadline
            ? node.Time.GetElapsedTime(node.Time.GetTimestamp(), deadline)
            : node.Options.Limits.ConnectTimeout;
        return left > TimeSpan.Zero ? left * 0.8 : TimeSpan.Zero;
    }

    /// <summary>The session may have been connected just when nobody waited for it any more; there is no such connection.</summary>
    private static async Task ReleaseAsync(ISession session, Task<SessionConnected> pending)
    {
        try
        {
            var connected = await pending.ConfigureAwait(false);
            if (connected.ReasonCode == ReasonCode.Success)
                await session.DisconnectAsync(connected.Epoch, new SessionDisconnect(PublishWill: false)).ConfigureAwait(false);
        }
        catch (Exception error) when (error is StoreUnavailableException or StaleEpochException or OperationCanceledException)
        {
            // Then it was not connected.
        }
    }

    private ushort KeepAlive(TenantLimits limits) =>
        limits.KeepAliveMaximum is { } max && (connect.KeepAlive == 0 || connect.KeepAlive > max) ? max : connect.KeepAlive;

    /// <summary>A will is a publish that has not happened yet: it needs the same permission.</summary>
    private SessionWill? Will(Tenant tenant, User user, ClientAccess access, string clientId)
    {
        if (connect.Will is not { } will)
            return null;
        var limits = tenant.Options.Limits;
        if ((byte)will.QoS > limits.MaximumQoS)
            throw new MqttProtocolException(tenant.Quotas.Refuse(TenantLimit.MaximumQoS), "CONNECT: the will's QoS is over the maximum [MQTT-3.2.2-12]");
        if (will.Retain && !limits.RetainAvailable)
            throw new MqttProtocolException(tenant.Quotas.Refuse(TenantLimit.RetainAvailable), "CONNECT: the will is retained [MQTT-3.2.2-13]");
        var topic = new Topic(will.Topic);
        if (topic.Utf8.Length > limits.TopicLength)
            throw new MqttProtocolException(tenant.Quotas.Refuse(TenantLimit.TopicLength), "CONNECT: the will's topic is too long");
        if (TopicNames.LevelCount(topic.Utf8) > limits.TopicLevels)
            throw new MqttProtocolException(tenant.Quotas.Refuse(TenantLimit.TopicLevels), "CONNECT: the will's topic has too many levels");
        if (will.Topic.StartsWith("$SYS/", StringComparison.Ordinal) || !access.MayPublish(will.Topic))
            throw new MqttProtocolException(ReasonCode.NotAuthorized, "CONNECT: the client may not publish to its will's topic");
        var message = Message.Create(
            topic, will.Payload.Span, will.QoS, will.Retain, will.ForwardedProperties.Span, publisher: new Publisher(clientId, Epoch: 0));
        return new SessionWill(message, will.WillDelayInterval, will.MessageExpiryInterval, user);
    }

    private ConnAckPacket ConnAck(AcceptedConnect accepted)
    {
        var limits = accepted.Tenant.Tenant.Options.Limits;
        var connAck = new ConnAckPacket { SessionPresent = accepted.Session.SessionPresent };
        if (!IsV5)
            return connAck;
        return connAck with
        {
            SessionExpiryInterval = accepted.SessionExpiry == (connect.SessionExpiryInterval ?? 0) ? null : accepted.SessionExpiry,
            ReceiveMaximum = accepted.ReceiveMaximum == ushort.MaxValue ? null : accepted.ReceiveMaximum,
            MaximumQoS = limits.MaximumQoS < 2 ? (QualityOfService)limits.MaximumQoS : null,
            RetainAvailable = limits.RetainAvailable ? null : false,
            MaximumPacketSize = (uint)limits.PacketSize,
            AssignedClientIdentifier = connect.ClientIdentifier.Length == 0 ? accepted.ClientId : null,
            TopicAliasMaximum = accepted.TopicAliasMaximum == 0 ? null : accepted.TopicAliasMaximum,
            WildcardSubscriptionAvailable = limits.WildcardSubscriptions ? null : false,
            SharedSubscriptionAvailable = limits.SharedSubscriptions ? null : false,
            ServerKeepAlive = accepted.KeepAlive == connect.KeepAlive ? null : accepted.KeepAlive,
            AuthenticationMethod = connect.AuthenticationMethod,
            AuthenticationData = connect.AuthenticationMethod is null ? null : _authenticationData,
        };
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "Listener {Listener}: refused the CONNECT of {Address}, no tenant: {Problem}")]
    private static partial void LogNoTenant(ILogger logger, string listener, IPEndPoint? address, string? problem);

    [LoggerMessage(Level = LogLevel.Debug, Message = "Tenant {Tenant}: a client is banned: {Reason}")]
    private static partial void LogBanned(ILogger logger, string tenant, string reason);

    [LoggerMessage(Level = LogLevel.Information, Message = "Session of client '{ClientId}' unavailable: {Problem}")]
    private static partial void LogNoSession(ILogger logger, ForeignText clientId, string problem);

    [LoggerMessage(Level = LogLevel.Information, Message = "Tenant {Tenant}: refused the CONNECT of client '{ClientId}' from {Address}, {ReasonCode}")]
    private static partial void LogRefused(ILogger logger, string tenant, ForeignText clientId, IPEndPoint? address, ReasonCode reasonCode);
}
