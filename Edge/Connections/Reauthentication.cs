using Starling.Broker.Telemetry;
using Starling.Broker.Tenants.Authentication;
using Starling.Edge.Nodes;
using Starling.Protocol;

namespace Starling.Edge.Connections;

/// <summary>A client that proves again who it is, by AUTH packets ([MQTT-4.12.1-1], [-2]).</summary>
internal sealed class Reauthentication(EdgeConnection connection, Authenticator authenticator, string? method)
{
    private ScramSha256Exchange? _exchange;

    /// <exception cref="MqttProtocolException">The connection has to be closed.</exception>
    public void Continue(AuthPacket packet)
    {
        if (method is null)
            throw new MqttProtocolException(ReasonCode.ProtocolError, "AUTH: CONNECT named no authentication method [MQTT-4.12.0-7]");
        if (packet.AuthenticationMethod != method)
            throw new MqttProtocolException(ReasonCode.ProtocolError, $"AUTH: the authentication method is not '{ForeignText.Shorten(method)}' as in CONNECT [MQTT-4.12.0-5]");
        if (packet.ReasonCode is not (ReasonCode.ReAuthenticate or ReasonCode.ContinueAuthentication))
            throw new MqttProtocolException(ReasonCode.ProtocolError, $"AUTH: reason {packet.ReasonCode} may be sent by the broker only [MQTT-4.12.0-3]");
        var tenant = connection.EdgeTenant.Tenant;
        if (packet.ReasonCode == ReasonCode.ReAuthenticate)
            _exchange = authenticator.BeginScramSha256(tenant, connection.User.Name, address: null);
        else if (_exchange is null)
            throw new MqttProtocolException(ReasonCode.ProtocolError, "AUTH: there is no authentication to continue");

        var step = _exchange!.Step(packet.AuthenticationData.GetValueOrDefault().Span);
        if (step.ReasonCode != ReasonCode.ContinueAuthentication)
        {
            authenticator.Record(tenant, step);
            _exchange = null;
        }

        if (step.ReasonCode is not (ReasonCode.ContinueAuthentication or ReasonCode.Success))
            throw new MqttProtocolException(step.ReasonCode, "AUTH: re-authentication failed");
        connection.TrySend(new AuthPacket { ReasonCode = step.ReasonCode, AuthenticationMethod = method, AuthenticationData = step.Data });
    }
}
