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

    private readonly Option<string?> _prefix = new("--id-prefix", "-I") { Description = "Client id made of this and the number of the process." };

    private readonly Option<ushort?> _inflight = new("--max-inflight", "-M") { Description = "Messages above QoS 0 that may be under way to this client (MQTT 5)." };

    private readonly Option<bool> _debug = new("--debug", "-d") { Description = "Say on the error stream which packets are sent and received." };

    private readonly Option<bool> _quiet = new(Quiet) { Description = "Print no errors; the exit code says that there was one." };

    private readonly PropertyOptions _properties = new();

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

    public const string Quiet = "--quiet";

    public void AddTo(Command command)
    {
        _properties.AddTo(command);
        foreach (var option in new Option[]
        {
            _version, _clientId, _prefix, _inflight, _debug, _quiet, _userName, _password, _keepAlive, _keepSession, _expiry, _willTopic, _willPayload, _willQoS, _willRetain, _willDelay,
        })
            command.Options.Add(option);
    }

    /// <param name="parsed">The command line.</param>
    /// <param name="url">Gives user name and password where the options don't.</param>
    public ConnectPacket PacketIn(ParseResult parsed, Uri? url)
    {
        var version = VersionIn(parsed);
        var clientId = ClientIdIn(parsed);
        var keepSession = parsed.GetValue(_keepSession);
        if (keepSession && string.IsNullOrEmpty(clientId))
            throw new CliException("--disable-clean-session (-c) needs a client id (-i)", ExitCodes.Usage);
        var (user, password) = CredentialsIn(parsed, url);
        if (user is null && password is not null && version != ProtocolVersion.Mqtt5)
            throw new CliException("a password without a user name (-u) exists in MQTT 5 only", ExitCodes.Usage);
        return PropertiesIn(parsed).Of(new ConnectPacket
        {
            ReceiveMaximum = version == ProtocolVersion.Mqtt5 && parsed.GetValue(_inflight) is > 0 and var most ? most : null,
            ProtocolVersion = version,
            ClientIdentifier = clientId ?? (version == ProtocolVersion.Mqtt5 ? "" : $"starling-{Guid.NewGuid():N}"[..23]),
            CleanStart = !keepSession,
            KeepAlive = parsed.GetValue(_keepAlive),
            UserName = user,
            Password = password is null ? (ReadOnlyMemory<byte>?)null : Encoding.UTF8.GetBytes(password),
            Will = WillIn(parsed),
            SessionExpiryInterval = version == ProtocolVersion.Mqtt5 ? ExpiryIn(parsed, keepSession) : null,
        });
    }

    /// <summary>What -D says.</summary>
    public PacketProperties PropertiesIn(ParseResult parsed) => _properties.In(parsed, VersionIn(parsed));

    /// <summary>Told each packet that goes out or comes in; null when nobody wants to know.</summary>
    public Action<string>? TraceIn(ParseResult parsed, CliContext context) =>
        parsed.GetValue(_debug) ? line => context.Error.WriteLine($"Client {ClientIdIn(parsed) ?? "(null)"} {line}") : null;

    private string? ClientIdIn(ParseResult parsed) => (parsed.GetValue(_clientId), parsed.GetValue(_prefix)) switch
    {
        (not null, not null) => throw new CliException("-i and -I don't go together", ExitCodes.Usage),
        (null, { } prefix) => string.Create(CultureInfo.InvariantCulture, $"{prefix}{Environment.ProcessId}"),
        var (clientId, _) => clientId,
    };

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
