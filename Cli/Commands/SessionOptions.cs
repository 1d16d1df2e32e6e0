using System.CommandLine;
using System.Globalization;
using System.Text;
using Starling.Cli.Context;
using Starling.Protocol;

namespace Starling.Cli.Commands;

/// <summary>What the CONNECT says; the same for pub and sub.</summary>
internal sealed class SessionOptions
{
    private readonly Option<string> _version = new("--protocol-version", "-V") { Description = "3.1, 3.1.1 or 5", DefaultValueFactory = _ => "5" };

    private readonly Option<string?> _clientId = new("--id", "-i") { Description = "Client id; the broker, or for MQTT 3 this program, makes one up without it." };

    private readonly Option<string?> _userName = new("--username", "-u") { Description = "User name." };

    private readonly Option<string?> _password = new("--pw", "-P") { Description = "Password." };

    private readonly Option<ushort> _keepAlive = new("--keepalive", "-k") { Description = "Keep alive in seconds.", DefaultValueFactory = _ => 60 };

    private readonly Option<bool> _keepSession = new("--disable-clean-session", "-c") { Description = "Continue the session with this client id (needs -i), and keep it." };

    private readonly Option<string?> _expiry = new("--session-expiry-interval", "-x") { Description = "Seconds the session lives without a connection, or 'never' (MQTT 5)." };

    private readonly Option<string?> _willTopic = new("--will-topic") { Description = "Topic of the will." };

    private readonly Option<string?> _willPayload = new("--will-payload") { Description = "Payload of the will." };

    private readonly Option<int> _willQoS = new("--will-qos") { Description = "QoS of the will: 0, 1 or 2." };

    private readonly Option<bool> _willRetain = new("--will-retain") { Description = "Retain the will." };

    private readonly Option<uint> _willDelay = new("--will-delay") { Description = "Seconds between the end of the connection and the will (MQTT 5)." };

    public void AddTo(Command command)
    {
        foreach (var option in new Option[]
        {
            _version, _clientId, _userName, _password, _keepAlive, _keepSession, _expiry, _willTopic, _willPayload, _willQoS, _willRetain, _willDelay,
        })
            command.Options.Add(option);
    }

    /// <param name="parsed">The command line.</param>
    /// <param name="url">Gives user name and password where the options don't.</param>
    public ConnectPacket PacketIn(ParseResult parsed, Uri? url)
    {
        var version = VersionIn(parsed);
        var clientId = parsed.GetValue(_clientId);
        var keepSession = parsed.GetValue(_keepSession);
        if (keepSession && string.IsNullOrEmpty(clientId))
            throw new CliException("--disable-clean-session (-c) needs a client id (-i)", ExitCodes.Usage);
        var (user, password) = CredentialsIn(parsed, url);
        if (user is null && password is not null && version != ProtocolVersion.Mqtt5)
            throw new CliException("a password without a user name (-u) exists in MQTT 5 only", ExitCodes.Usage);
        return new()
        {
            ProtocolVersion = version,
            ClientIdentifier = clientId ?? (version == ProtocolVersion.Mqtt5 ? "" : $"starling-{Guid.NewGuid():N}"[..23]),
            CleanStart = !keepSession,
            KeepAlive = parsed.GetValue(_keepAlive),
            UserName = user,
            Password = password is null ? (ReadOnlyMemory<byte>?)null : Encoding.UTF8.GetBytes(password),
            Will = WillIn(parsed),
            SessionExpiryInterval = version == ProtocolVersion.Mqtt5 ? ExpiryIn(parsed, keepSession) : null,
        };
    }

    private ProtocolVersion VersionIn(ParseResult parsed) => parsed.GetRequiredValue(_version) switch
    {
        "3.1" or "31" or "mqttv31" => ProtocolVersion.Mqtt31,
        "3.1.1" or "311" or "mqttv311" => ProtocolVersion.Mqtt311,
        "5" or "5.0" or "mqttv5" => ProtocolVersion.Mqtt5,
        var other => throw new CliException($"-V is 3.1, 3.1.1 or 5, not {other}", ExitCodes.Usage),
    };

    private (string? User, string? Password) CredentialsIn(ParseResult parsed, Uri? url)
    {
        var inUrl = url?.UserInfo is { Length: > 0 } info ? info.Split(':', 2) : [];
        var user = parsed.GetValue(_userName) ?? (inUrl.Length > 0 ? Uri.UnescapeDataString(inUrl[0]) : null);
        var password = parsed.GetValue(_password) ?? (inUrl.Length > 1 ? Uri.UnescapeDataString(inUrl[1]) : null);
        return (user, password);
    }

    /// <summary>A session that is to be kept is kept for ever unless -x says for how long, as MQTT 3 does.</summary>
    private uint? ExpiryIn(ParseResult parsed, bool keepSession) => parsed.GetValue(_expiry) switch
    {
        null => keepSession ? uint.MaxValue : null,
        "never" or "∞" or "-1" => uint.MaxValue,
        var text when uint.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var seconds) => seconds,
        var text => throw new CliException($"-x is a number of seconds or 'never', not '{text}'", ExitCodes.Usage),
    };

    private Will? WillIn(ParseResult parsed)
    {
        if (parsed.GetValue(_willTopic) is { } topic)
        {
            return new()
            {
                Topic = Input.TopicName(topic),
                Payload = Encoding.UTF8.GetBytes(parsed.GetValue(_willPayload) ?? ""),
                QoS = Input.QoS(parsed.GetValue(_willQoS), "--will-qos"),
                Retain = parsed.GetValue(_willRetain),
                WillDelayInterval = parsed.GetValue(_willDelay),
            };
        }
        return parsed.GetValue(_willPayload) is null
            ? null
            : throw new CliException("a will needs a --will-topic", ExitCodes.Usage);
    }
}
