namespace Starling.Protocol;

/// <summary>CONNACK return codes of MQTT 3.1 and 3.1.1.</summary>
public enum ConnectReturnCode : byte
{
    Accepted = 0,
    UnacceptableProtocolVersion = 1,
    IdentifierRejected = 2,
    ServerUnavailable = 3,
    BadUserNameOrPassword = 4,
    NotAuthorized = 5,
}

/// <summary>What a reason code of MQTT 5 becomes for a client of MQTT 3.1 or 3.1.1, and back.</summary>
public static class ConnectReturnCodes
{
    /// <summary>
    /// The return code that comes nearest; what has no counterpart becomes <see cref="ConnectReturnCode.ServerUnavailable"/>.
    /// </summary>
    public static ConnectReturnCode From(ReasonCode reasonCode) => reasonCode switch
    {
        < ReasonCode.UnspecifiedError => ConnectReturnCode.Accepted,
        ReasonCode.UnsupportedProtocolVersion => ConnectReturnCode.UnacceptableProtocolVersion,
        ReasonCode.ClientIdentifierNotValid => ConnectReturnCode.IdentifierRejected,
        ReasonCode.BadUserNameOrPassword => ConnectReturnCode.BadUserNameOrPassword,
        ReasonCode.NotAuthorized or ReasonCode.Banned or ReasonCode.BadAuthenticationMethod => ConnectReturnCode.NotAuthorized,
        _ => ConnectReturnCode.ServerUnavailable,
    };

    public static ReasonCode ToReasonCode(ConnectReturnCode returnCode) => returnCode switch
    {
        ConnectReturnCode.Accepted => ReasonCode.Success,
        ConnectReturnCode.UnacceptableProtocolVersion => ReasonCode.UnsupportedProtocolVersion,
        ConnectReturnCode.IdentifierRejected => ReasonCode.ClientIdentifierNotValid,
        ConnectReturnCode.ServerUnavailable => ReasonCode.ServerUnavailable,
        ConnectReturnCode.BadUserNameOrPassword => ReasonCode.BadUserNameOrPassword,
        ConnectReturnCode.NotAuthorized => ReasonCode.NotAuthorized,
        _ => throw new MqttProtocolException(ReasonCode.ProtocolError, $"CONNACK: return code {(byte)returnCode} is reserved"),
    };

    /// <summary>A SUBACK code for MQTT 3.1 and 3.1.1, where every failure is 0x80 [MQTT-3.9.3-2].</summary>
    public static ReasonCode ForSubAck(ReasonCode reasonCode) =>
        reasonCode >= ReasonCode.UnspecifiedError ? ReasonCode.UnspecifiedError : reasonCode;
}
