using FsCheck;
using FsCheck.Fluent;
using Starling.Testing;

namespace Starling.Protocol.Tests;

/// <summary>What is encoded is decoded to the same, for packets made up at random.</summary>
public sealed class RoundTripTests
{
    private static readonly Gen<string> Strings = Gen.Elements("a", "", "ü/😀", "\uFEFF", "long " + new string('x', 300))
        .Or(Gen.Choose(1, 20)
            .SelectMany(length => Gen.ArrayOf(Gen.Choose('!', '~'), length))
            .Select(chars => new string([.. chars.Select(c => (char)c)])));

    private static readonly Gen<string> Topics = Strings.Where(text =>
        text.Length > 0 && !text.AsSpan().ContainsAny('+', '#') && text[0] != '$');

    private static readonly Gen<byte[]> Blobs = Gen.Choose(0, 200).SelectMany(length => Gen.ArrayOf(Gen.Choose(0, 255), length))
        .Select(values => values.Select(value => (byte)value).ToArray());

    private static readonly Gen<uint> Numbers = Gen.Elements(1u, 2u, 127u, 128u, 65_535u, 268_435_455u);

    private static readonly Gen<UserProperty[]> UserProperties = Gen.Choose(0, 4).SelectMany(count =>
        Gen.ArrayOf(from name in Strings from value in Strings select new UserProperty(name, value), count));

    private static readonly Gen<QualityOfService> QoS =
        Gen.Elements(QualityOfService.AtMostOnce, QualityOfService.AtLeastOnce, QualityOfService.ExactlyOnce);

    private static readonly Gen<PublishProperties> Properties =
        from format in Gen.Elements<bool?>(null, false, true)
        from expiry in Optional(Numbers)
        from alias in Gen.Elements<ushort?>(null, 1, 65_535)
        from response in OptionalString(Topics)
        from correlation in Blobs
        from content in OptionalString(Strings)
        from user in UserProperties
        select new PublishProperties
        {
            PayloadFormatIndicator = format,
            MessageExpiryInterval = expiry,
            TopicAlias = alias,
            ResponseTopic = response,
            CorrelationData = correlation.Length > 0 ? correlation : (ReadOnlyMemory<byte>?)null,
            ContentType = content,
            UserProperties = user,
        };

    private static readonly Gen<PublishMessage> Messages =
        from topic in Topics
        from payload in Blobs
        from qos in QoS
        from retain in Gen.Elements(true, false)
        from properties in Properties
        select new PublishMessage
        {
            Topic = topic,
            Payload = payload,
            QoS = qos,
            Retain = retain,
            Dup = retain && qos > 0,
            PacketIdentifier = (ushort)(qos == QualityOfService.AtMostOnce ? 0 : payload.Length + 1),
            Properties = properties,
        };

    private static readonly Gen<ConnectPacket> Connects =
        from identifier in Strings
        from user in OptionalString(Strings)
        from message in Messages
        from hasWill in Gen.Elements(true, false)
        from number in Optional(Numbers)
        from userProperties in UserProperties
        select new ConnectPacket
        {
            ClientIdentifier = identifier,
            CleanStart = hasWill,
            KeepAlive = (ushort)identifier.Length,
            UserName = user,
            Password = user is null ? (ReadOnlyMemory<byte>?)null : message.Payload,
            SessionExpiryInterval = number,
            MaximumPacketSize = number,
            ReceiveMaximum = (ushort?)(number is null ? null : 7),
            RequestProblemInformation = number is null ? null : hasWill,
            UserProperties = userProperties,
            Will = !hasWill ? null : new Will
            {
                Topic = message.Topic,
                Payload = message.Payload,
                QoS = message.QoS,
                Retain = message.Retain,
                WillDelayInterval = number ?? 0,
                MessageExpiryInterval = number,
                ForwardedProperties = message.Properties.EncodeForwarded(),
            },
        };

    private static readonly Gen<SubscribePacket> Subscribes =
        from identifier in Optional(Numbers)
        from user in UserProperties
        from filters in Gen.NonEmptyListOf(
            from topic in Topics
            from form in Gen.Elements("{0}", "{0}/#", "+/{0}", "$share/g/{0}")
            from qos in QoS
            from handling in Gen.Elements(RetainHandling.SendAtSubscribe, RetainHandling.SendAtSubscribeIfNew, RetainHandling.DoNotSend)
            from retain in Gen.Elements(true, false)
            select new SubscriptionRequest(
                string.Format(System.Globalization.CultureInfo.InvariantCulture, form, topic),
                new(qos, !retain && form[0] != '$', retain, handling)))
        select new SubscribePacket
        {
            PacketIdentifier = 1,
            SubscriptionIdentifier = identifier,
            UserProperties = user,
            Subscriptions = [.. filters],
        };

    [Fact]
    public void A_publish_survives_the_way_through_the_wire() => Check(Messages, ProtocolVersion.Mqtt5);

    [Fact]
    public void A_connect_survives_the_way_through_the_wire() => Check(Connects, ProtocolVersion.Mqtt5);

    [Fact]
    public void A_subscribe_survives_the_way_through_the_wire() => Check(Subscribes, ProtocolVersion.Mqtt5);

    [Fact]
    public void A_connect_of_3_1_1_survives_without_what_only_5_has() => Check(
        Connects.Select(connect => new ConnectPacket
        {
            ProtocolVersion = ProtocolVersion.Mqtt311,
            ClientIdentifier = connect.ClientIdentifier,
            UserName = connect.UserName,
            Password = connect.Password,
        }),
        ProtocolVersion.Mqtt311);

    private static void Check<T>(Gen<T> packets, ProtocolVersion version)
        where T : class
    {
        var property = Prop.ForAll(packets.ToArbitrary(), packet =>
        {
            var encoded = AnyPacket.Encode(packet, version);
            var decoded = AnyPacket.Decode(encoded, version, PublishSender.Client);
            return Comparable(decoded) == Comparable(packet) && AnyPacket.Encode(decoded, version).AsSpan().SequenceEqual(encoded);
        });
        property.Check(Config.QuickThrowOnFailure.WithMaxTest(300).WithReplay(20260101, 1_234_567));
    }

    private static string Comparable(object packet) => System.Text.Json.JsonSerializer.Serialize(
        packet is PublishMessage message ? message with { RawForwardedProperties = null } : packet);

    private static Gen<uint?> Optional(Gen<uint> values) => Gen.OneOf(Gen.Constant<uint?>(null), values.Select(value => (uint?)value));

    private static Gen<string?> OptionalString(Gen<string> values) =>
        Gen.OneOf(Gen.Constant<string?>(null), values.Select(value => (string?)value));
}
