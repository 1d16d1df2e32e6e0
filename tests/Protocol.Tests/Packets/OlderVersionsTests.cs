using Starling.Testing;

namespace Starling.Protocol.Tests;

public sealed class OlderVersionsTests
{
    [Theory]
    [InlineData(ReasonCode.Success, ConnectReturnCode.Accepted)]
    [InlineData(ReasonCode.UnsupportedProtocolVersion, ConnectReturnCode.UnacceptableProtocolVersion)]
    [InlineData(ReasonCode.ClientIdentifierNotValid, ConnectReturnCode.IdentifierRejected)]
    [InlineData(ReasonCode.BadUserNameOrPassword, ConnectReturnCode.BadUserNameOrPassword)]
    [InlineData(ReasonCode.NotAuthorized, ConnectReturnCode.NotAuthorized)]
    [InlineData(ReasonCode.Banned, ConnectReturnCode.NotAuthorized)]
    [InlineData(ReasonCode.QuotaExceeded, ConnectReturnCode.ServerUnavailable)]
    [InlineData(ReasonCode.ServerBusy, ConnectReturnCode.ServerUnavailable)]
    public void A_refusal_becomes_the_nearest_return_code(ReasonCode reasonCode, ConnectReturnCode expected)
    {
        ConnectReturnCodes.From(reasonCode).ShouldBe(expected);
        AnyPacket.Encode(new ConnAckPacket { ReasonCode = reasonCode }, ProtocolVersion.Mqtt311).ShouldBe([0x20, 2, 0, (byte)expected]);
    }

    [Fact]
    public void Every_refused_filter_is_0x80_in_a_suback_of_3_1_1() =>
        AnyPacket.Encode(
            new SubAckPacket
            {
                PacketIdentifier = 9,
                ReasonCodes = [ReasonCode.GrantedQoS2, ReasonCode.NotAuthorized],
                ReasonString = "no",
            },
            ProtocolVersion.Mqtt311).ShouldBe([0x90, 4, 0, 9, 2, 0x80]);

    [Fact]
    public void Session_present_is_not_told_to_a_client_of_3_1() =>
        AnyPacket.Encode(new ConnAckPacket { SessionPresent = true }, ProtocolVersion.Mqtt31).ShouldBe([0x20, 2, 0, 0]);

    [Fact]
    public void Properties_of_5_are_left_out_before_it()
    {
        var connect = new ConnectPacket
        {
            ClientIdentifier = "c",
            KeepAlive = 60,
            SessionExpiryInterval = 5,
            UserProperties = [new("a", "b")],
        };
        AnyPacket.Encode(connect, ProtocolVersion.Mqtt311).ShouldBe(PacketCatalogue.Named("CONNECT minimal 3.1.1").Bytes);
    }

    [Fact]
    public void A_reason_is_left_out_of_an_acknowledgement_before_5()
    {
        var ack = new AckPacket(PacketType.PubAck, 258, ReasonCode.NotAuthorized) { ReasonString = "no" };
        AnyPacket.Encode(ack, ProtocolVersion.Mqtt311).ShouldBe([0x40, 2, 1, 2]);
    }

    [Fact]
    public void Auth_cannot_be_encoded_before_5() =>
        Should.Throw<ArgumentException>(() => AnyPacket.Encode(new AuthPacket(), ProtocolVersion.Mqtt311));
}
