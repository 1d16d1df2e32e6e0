using System.CommandLine;
using System.Globalization;
using System.Text;
using Starling.Cli.Context;
using Starling.Protocol;

namespace Starling.Cli.Commands;

/// <summary>
/// <c>-D COMMAND PROPERTY VALUE</c>: properties of MQTT 5 for any packet, as mosquitto's clients take them; for a user property, which has a
/// name too, there is one value more.
/// </summary>
internal sealed class PropertyOptions
{
    private const char Separator = '\u001f';
    private const string Long = "--property";

    private readonly Option<string[]> _properties = new(Long)
    {
        Description = "-D COMMAND PROPERTY VALUE, or -D COMMAND user-property NAME VALUE: a property of connect, publish, will, subscribe, unsubscribe or disconnect (MQTT 5).",
    };

    /// <summary>Makes one argument of each -D and what belongs to it, which is a different number of arguments each time.</summary>
    public static string[] Gather(IReadOnlyList<string> args)
    {
        var gathered = new List<string>(args.Count);
        for (var i = 0; i < args.Count; i++)
        {
            if (args[i] is not ("-D" or Long))
            {
                gathered.Add(args[i]);
                continue;
            }

            var count = i + 2 < args.Count && args[i + 2] == "user-property" ? 4 : 3;
            gathered.Add($"{Long}={string.Join(Separator, args.Skip(i + 1).Take(count))}");
            i += count;
        }

        return [.. gathered];
    }

    public void AddTo(Command command) => command.Options.Add(_properties);

    /// <exception cref="CliException">There is no such property, or its value can't be.</exception>
    public PacketProperties In(ParseResult parsed, ProtocolVersion version)
    {
        var properties = new PacketProperties();
        foreach (var text in parsed.GetValue(_properties) ?? [])
        {
            if (version != ProtocolVersion.Mqtt5)
                throw new CliException("-D exists in MQTT 5 only", ExitCodes.Usage);
            if (text.Split(Separator) is not [var command, var name, var first, .. var rest])
                throw new CliException("-D is followed by a command, a property and its value", ExitCodes.Usage);
            if (name == "user-property" && rest.Length == 0)
                throw new CliException("-D user-property has a name and a value", ExitCodes.Usage);
            if (!properties.TrySet(command, name, first, rest.Length == 0 ? null : rest[0]))
                throw new CliException($"-D knows no property '{name}' of '{command}', or '{first}' is no value of it", ExitCodes.Usage);
        }

        return properties;
    }
}

/// <summary>Properties for the packets that a client sends.</summary>
internal sealed class PacketProperties
{
    private readonly List<UserProperty> _connectUser = [];
    private readonly List<UserProperty> _publishUser = [];
    private readonly List<UserProperty> _willUser = [];
    private Func<ConnectPacket, ConnectPacket> _connect = static packet => packet;
    private Func<PublishProperties, PublishProperties> _publish = static properties => properties;
    private Func<PublishProperties, PublishProperties> _will = static properties => properties;
    private uint? _expiryAtDisconnect;

    public List<UserProperty> Subscribe { get; } = [];

    public List<UserProperty> Unsubscribe { get; } = [];

    public List<UserProperty> Disconnect { get; } = [];

    public uint? SubscriptionIdentifier { get; private set; }

    public DisconnectPacket Goodbye => new() { SessionExpiryInterval = _expiryAtDisconnect, UserProperties = Disconnect };

    /// <returns>False when there is no such property, or it has no such value.</returns>
    public bool TrySet(string command, string name, string value, string? second) => name == "user-property"
        ? TryAdd(command, new UserProperty(value, second ?? ""))
        : command switch
        {
            "connect" => TrySetConnect(name, value),
            "publish" => TrySetMessage(name, value, ref _publish, isWill: false),
            "will" => TrySetMessage(name, value, ref _will, isWill: true),
            "subscribe" => name == "subscription-identifier" && Number(value, 268_435_455) is > 0 and var identifier && Set(() => SubscriptionIdentifier = identifier),
            "disconnect" => name == "session-expiry-interval" && Number(value) is { } seconds && Set(() => _expiryAtDisconnect = seconds),
            _ => false,
        };

    public ConnectPacket Of(ConnectPacket packet)
    {
        packet = _connect(packet) with { UserProperties = [.. packet.UserProperties, .. _connectUser] };
        if (packet.Will is not { } will)
            return packet;
        var properties = _will(new PublishProperties { MessageExpiryInterval = will.MessageExpiryInterval, WillDelayInterval = will.WillDelayInterval });
        properties = properties with { UserProperties = [.. properties.UserProperties, .. _willUser] };
        return packet with
        {
            Will = will with
            {
                WillDelayInterval = properties.WillDelayInterval ?? 0,
                MessageExpiryInterval = properties.MessageExpiryInterval,
                ForwardedProperties = properties.EncodeForwarded(),
            },
        };
    }

    public PublishProperties Of(PublishProperties properties)
    {
        properties = _publish(properties);
        return properties with { UserProperties = [.. properties.UserProperties, .. _publishUser] };
    }

    private static bool Set(Action set)
    {
        set();
        return true;
    }

    private static uint? Number(string text, uint most = uint.MaxValue) =>
        uint.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number <= most ? number : null;

    private bool TryAdd(string command, UserProperty property)
    {
        List<UserProperty>? list = command switch
        {
            "connect" => _connectUser,
            "publish" => _publishUser,
            "will" => _willUser,
            "subscribe" => Subscribe,
            "unsubscribe" => Unsubscribe,
            "disconnect" => Disconnect,
            _ => null,
        };
        list?.Add(property);
        return list is not null;
    }

    private bool TrySetConnect(string name, string value)
    {
        Func<ConnectPacket, ConnectPacket>? change = (name, Number(value)) switch
        {
            ("session-expiry-interval", { } number) => packet => packet with { SessionExpiryInterval = number },
            ("receive-maximum", > 0 and <= ushort.MaxValue and var number) => packet => packet with { ReceiveMaximum = (ushort)number },
            ("maximum-packet-size", > 0 and var number) => packet => packet with { MaximumPacketSize = number },
            ("topic-alias-maximum", <= ushort.MaxValue and var number) => packet => packet with { TopicAliasMaximum = (ushort)number },
            ("request-response-information", <= 1 and var number) => packet => packet with { RequestResponseInformation = number == 1 },
            ("request-problem-information", <= 1 and var number) => packet => packet with { RequestProblemInformation = number == 1 },
            _ => null,
        };
        if (change is null)
            return false;
        var before = _connect;
        _connect = packet => change(before(packet));
        return true;
    }

    private static bool TrySetMessage(string name, string value, ref Func<PublishProperties, PublishProperties> properties, bool isWill)
    {
        Func<PublishProperties, PublishProperties>? change = (name, Number(value)) switch
        {
            ("content-type", _) => message => message with { ContentType = value },
            ("response-topic", _) => message => message with { ResponseTopic = Input.TopicName(value) },
            ("correlation-data", _) => message => message with { CorrelationData = Encoding.UTF8.GetBytes(value) },
            ("payload-format-indicator", <= 1 and var number) => message => message with { PayloadFormatIndicator = number == 1 },
            ("message-expiry-interval", { } number) => message => message with { MessageExpiryInterval = number },
            ("will-delay-interval", { } number) when isWill => message => message with { WillDelayInterval = number },
            ("topic-alias", > 0 and <= ushort.MaxValue and var number) when !isWill => message => message with { TopicAlias = (ushort)number },
            _ => null,
        };
        if (change is null)
            return false;
        var before = properties;
        properties = message => change(before(message));
        return true;
    }
}
