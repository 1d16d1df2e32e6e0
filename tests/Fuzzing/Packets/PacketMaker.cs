using Starling.Protocol;

namespace Starling.Fuzzing.Packets;

/// <summary>Valid packets of one protocol version, with topics and filters that often meet.</summary>
/// <param name="random">Of the case.</param>
/// <param name="version">Of the connection.</param>
/// <param name="prefix">First level of every topic, which keeps cases apart.</param>
public sealed class PacketMaker(Random random, ProtocolVersion version, string prefix)
{
    private static readonly PacketType[] Types = Enum.GetValues<PacketType>();

    private int _messages;

    private bool IsV5 => version == ProtocolVersion.Mqtt5;

    public PacketDraft Any() => Of(random.Pick(IsV5 ? Types[1..] : Types[1..^1]));

    public PacketDraft Of(PacketType type) => type switch
    {
        PacketType.Connect => Connect(Text(20), random.OneIn(2), random.OneIn(4)),
        PacketType.ConnAck => ConnAck(),
        PacketType.Publish => Publish(random.Next(3), random.Next(1, 65_536)),
        PacketType.Subscribe => Subscribe(random.Next(1, 65_536), random.Next(1, 5)),
        PacketType.SubAck => Codes(type, IsV5 ? [0, 1, 2, 0x80, 0x87, 0x8F, 0x91, 0x97, 0x9E, 0xA1, 0xA2] : [0, 1, 2, 0x80]),
        PacketType.Unsubscribe => Unsubscribe(random.Next(1, 65_536), random.Next(1, 5)),
        PacketType.UnsubAck => IsV5 ? Codes(type, [0, 0x11, 0x80, 0x87, 0x8F, 0x91]) : new(0xB0, Part.Number16(7)),
        PacketType.PingReq => new(0xC0),
        PacketType.PingResp => new(0xD0),
        PacketType.Disconnect => Disconnect(random.Pick<byte>(0, 4, 0x80, 0x81, 0x82, 0x99)),
        PacketType.Auth => new(0xF0, Part.Plain(random.Pick<byte>(0, 0x18, 0x19)),
            Part.Block([PropertyDrafts.One(21, Word, random), PropertyDrafts.One(22, Word, random)])),
        _ => Ack(type, random.Next(1, 65_536), random.OneIn(3)),
    };

    public PacketDraft Connect(string clientId, bool clean, bool hasPassword, params ReadOnlySpan<byte> withoutProperties)
    {
        var hasWill = random.OneIn(3);
        var flags = (clean ? 2 : 0) | (hasWill ? 4 | (random.Next(3) << 3) | (random.OneIn(4) ? 0x20 : 0) : 0) | (hasPassword ? 0xC0 : 0);
        List<Part> parts = [Part.Text(version == ProtocolVersion.Mqtt31 ? "MQIsdp" : "MQTT"), Part.Plain((byte)version, (byte)flags), Part.Number16(random.Pick(0, 60, 65_535))];
        if (IsV5)
            parts.Add(PropertyDrafts.Of(PacketType.Connect, Word, random, withoutProperties));
        parts.Add(Part.Text(clientId));
        if (hasWill)
        {
            if (IsV5)
                parts.Add(PropertyDrafts.Will(Word, random));
            parts.AddRange([Part.Text(Topic()), Part.Binary(Payload())]);
        }
        if (hasPassword)
            parts.AddRange([Part.Text(Word()), Part.Binary(random.Bytes(10))]);
        return new(0x10, parts);
    }

    /// <summary>Without topic alias, whose meaning depends on the connection.</summary>
    public PacketDraft Publish(int qos, int packetIdentifier, int alias = 0, bool aliasOnly = false)
    {
        var first = 0x30 | (qos << 1) | (random.OneIn(5) ? 1 : 0) | (qos > 0 && random.OneIn(6) ? 8 : 0);
        List<Part> parts = [Part.Text(aliasOnly ? "" : Topic())];
        if (qos > 0)
            parts.Add(Part.Number16(packetIdentifier));
        if (IsV5)
        {
            // The payload is no text.
            var properties = PropertyDrafts.Of(PacketType.Publish, Word, random, 1, 35);
            if (alias > 0)
                properties.Properties.Add([Part.Plain(35), Part.Number16(alias)]);
            parts.Add(properties);
        }
        parts.Add(Part.Plain(Payload()));
        return new((byte)first, parts);
    }

    public PacketDraft Subscribe(int packetIdentifier, int filters)
    {
        List<Part> parts = [Part.Number16(packetIdentifier)];
        if (IsV5)
            parts.Add(PropertyDrafts.Of(PacketType.Subscribe, Word, random));
        for (; filters > 0; filters--)
        {
            var filter = Filter();
            var options = random.Next(3);
            if (IsV5)
                options |= (random.Next(3) << 4) | (random.OneIn(2) ? 8 : 0) | (random.OneIn(4) && filter[0] != '$' ? 4 : 0);
            parts.AddRange([Part.Text(filter), Part.Plain((byte)options)]);
        }
        return new(0x82, parts);
    }

    public PacketDraft Unsubscribe(int packetIdentifier, int filters)
    {
        List<Part> parts = [Part.Number16(packetIdentifier)];
        if (IsV5)
            parts.Add(PropertyDrafts.Of(PacketType.Unsubscribe, Word, random));
        for (; filters > 0; filters--)
            parts.Add(Part.Text(Filter()));
        return new(0xA2, parts);
    }

    /// <summary>PUBACK, PUBREC, PUBREL or PUBCOMP.</summary>
    public PacketDraft Ack(PacketType type, int packetIdentifier, bool detailed = false)
    {
        var first = (byte)(((int)type << 4) | (type == PacketType.PubRel ? 2 : 0));
        if (!IsV5 || !detailed)
            return new(first, Part.Number16(packetIdentifier));
        byte[] codes = type is PacketType.PubAck or PacketType.PubRec ? [0, 0x10, 0x80, 0x83, 0x87, 0x97] : [0, 0x92];
        return new(first, Part.Number16(packetIdentifier), Part.Plain(random.Pick(codes)), PropertyDrafts.Of(type, Word, random));
    }

    public PacketDraft Disconnect(byte reason) => !IsV5 || random.OneIn(2)
        ? new(0xE0)
        : new(0xE0, Part.Plain(reason), PropertyDrafts.Of(PacketType.Disconnect, Word, random, 17));

    public string Topic()
    {
        var topic = prefix;
        for (var levels = random.Next(1, 4); levels > 0; levels--)
            topic += "/" + random.Pick("a", "b", "c", "ü", "", "$x");
        return topic;
    }

    private PacketDraft ConnAck() => IsV5
        ? new(0x20, Part.Plain(0, random.Pick<byte>(0, 0x80, 0x87, 0x97)), PropertyDrafts.Of(PacketType.ConnAck, Word, random))
        : new(0x20, Part.Plain(0, (byte)random.Next(6)));

    private PacketDraft Codes(PacketType type, byte[] codes)
    {
        List<Part> parts = [Part.Number16(random.Next(1, 65_536))];
        if (IsV5)
            parts.Add(PropertyDrafts.Of(type, Word, random));
        for (var times = random.Next(1, 6); times > 0; times--)
            parts.Add(Part.Plain(random.Pick(codes)));
        return new((byte)((int)type << 4), parts);
    }

    private string Filter()
    {
        var filter = Topic();
        if (random.OneIn(3))
            filter = string.Join('/', filter.Split('/').Select((level, i) => i > 0 && random.OneIn(2) ? "+" : level));
        if (random.OneIn(3))
            filter += "/#";
        return random.OneIn(5) ? $"$share/{random.Pick("g", "h")}/{filter}" : filter;
    }

    private byte[] Payload()
    {
        _messages++;
        return random.OneIn(12) ? [] : [.. System.Text.Encoding.ASCII.GetBytes($"{prefix}:{_messages}:"), .. random.Bytes(random.OneIn(40) ? 40_000 : 20)];
    }

    private string Word() => Text(random.OneIn(30) ? 300 : 8);

    private string Text(int most) => random.Pick("", "ü", "😀", "\uFEFF", "/") + new string('x', random.Next(1, most - 1));
}
