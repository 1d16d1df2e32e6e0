using Starling.Testing;

namespace Starling.Protocol.Tests;

public sealed class ConnectPacketTests
{
    [Fact]
    public void Every_field_of_a_maximal_connect_is_decoded()
    {
        var connect = Decode("CONNECT maximal 5");
        connect.ProtocolVersion.ShouldBe(ProtocolVersion.Mqtt5);
        connect.ClientIdentifier.ShouldBe("client");
        connect.CleanStart.ShouldBeTrue();
        connect.KeepAlive.ShouldBe((ushort)60);
        connect.UserName.ShouldBe("user");
        connect.Password!.Value.ToArray().ShouldBe("secret"u8.ToArray());
        connect.SessionExpiryInterval.ShouldBe(10u);
        connect.ReceiveMaximum.ShouldBe((ushort)20);
        connect.MaximumPacketSize.ShouldBe(65_536u);
        connect.TopicAliasMaximum.ShouldBe((ushort)5);
        connect.RequestResponseInformation.ShouldBe(true);
        connect.RequestProblemInformation.ShouldBe(false);
        connect.AuthenticationMethod.ShouldBe("SCRAM-SHA-256");
        connect.AuthenticationData!.Value.ToArray().ShouldBe([1, 2]);
        connect.UserProperties.ShouldBe([new("a", "1"), new("a", "2")]);
    }

    [Fact]
    public void The_will_is_decoded_with_what_a_server_forwards_kept_apart()
    {
        var will = Decode("CONNECT maximal 5").Will.ShouldNotBeNull();
        will.Topic.ShouldBe("will/topic");
        will.Payload.ToArray().ShouldBe("gone"u8.ToArray());
        will.QoS.ShouldBe(QualityOfService.AtLeastOnce);
        will.Retain.ShouldBeTrue();
        will.WillDelayInterval.ShouldBe(7u);
        will.MessageExpiryInterval.ShouldBe(9u);
        var forwarded = PublishProperties.Parse(will.ForwardedProperties.Span);
        forwarded.PayloadFormatIndicator.ShouldBe(true);
        forwarded.ContentType.ShouldBe("text");
        forwarded.ResponseTopic.ShouldBe("re/ply");
        forwarded.CorrelationData!.Value.ToArray().ShouldBe([0, 1]);
        forwarded.UserProperties.ShouldBe([new("w", "1"), new("w", "1")]);
        forwarded.WillDelayInterval.ShouldBeNull();
        forwarded.MessageExpiryInterval.ShouldBeNull();
    }

    [Fact]
    public void Forwarded_properties_of_a_will_keep_their_order_when_expiry_and_delay_are_taken_out()
    {
        var will = Decode("will with expiry between forwarded properties").Will!;
        byte[] expected = [.. Raw.UserProperty("a", "1"), .. Raw.UserProperty("b", "2")];
        will.ForwardedProperties.ToArray().ShouldBe(expected);
        will.MessageExpiryInterval.ShouldBe(1u);
        will.WillDelayInterval.ShouldBe(2u);
    }

    [Fact]
    public void Absent_properties_are_null()
    {
        var connect = Decode("CONNECT minimal 5");
        connect.SessionExpiryInterval.ShouldBeNull();
        connect.ReceiveMaximum.ShouldBeNull();
        connect.RequestProblemInformation.ShouldBeNull();
        connect.UserName.ShouldBeNull();
        connect.Password.ShouldBeNull();
        connect.Will.ShouldBeNull();
        connect.UserProperties.ShouldBeEmpty();
    }

    [Theory]
    [InlineData("CONNECT minimal 5", 5)]
    [InlineData("CONNECT minimal 3.1.1", 4)]
    [InlineData("CONNECT minimal 3.1", 3)]
    [InlineData("CONNECT of level 6", 6)]
    [InlineData("CONNECT of level 133", 133)]
    public void The_protocol_level_can_be_read_first(string name, byte expected)
    {
        ConnectPacket.TryReadProtocolLevel(PacketCatalogue.Named(name).Bytes.AsSpan(2), out var level).ShouldBeTrue();
        level.ShouldBe(expected);
    }

    [Theory]
    [InlineData("CONNECT of another protocol")]
    [InlineData("CONNECT with nothing in it")]
    public void There_is_no_protocol_level_in_what_is_not_mqtt(string name) =>
        ConnectPacket.TryReadProtocolLevel(PacketCatalogue.Named(name).Bytes.AsSpan(2), out _).ShouldBeFalse();

    [Fact]
    public void A_string_that_does_not_fit_into_its_length_prefix_is_not_encoded() =>
        Should.Throw<ArgumentException>(() => AnyPacket.Encode(
            new ConnectPacket { ClientIdentifier = new string('c', 65_536) }, ProtocolVersion.Mqtt311));

    private static ConnectPacket Decode(string name) => ConnectPacket.Decode(BodyOf(name));

    private static ReadOnlySpan<byte> BodyOf(string name)
    {
        var bytes = PacketCatalogue.Named(name).Bytes;
        Framing.TryReadFixedHeader(bytes, int.MaxValue, out var header).ShouldBeTrue();
        return bytes.AsSpan(header.Length);
    }
}
