using Starling.Testing;

namespace Starling.Protocol.Tests;

public sealed class CatalogueTests
{
    public static TheoryData<string> Valid => [.. PacketCatalogue.Valid.Select(packet => packet.Name)];

    public static TheoryData<string> Canonical =>
        [.. PacketCatalogue.Valid.Where(packet => packet.Expectation.IsCanonical).Select(packet => packet.Name)];

    public static TheoryData<string> Refused => [.. PacketCatalogue.Refused.Select(packet => packet.Name)];

    [Theory]
    [MemberData(nameof(Valid))]
    public void A_valid_packet_is_decoded(string name) => Decode(PacketCatalogue.Named(name)).ShouldNotBeNull();

    [Theory]
    [MemberData(nameof(Refused))]
    public void An_invalid_packet_is_refused_with_the_reason_code_that_the_specification_gives(string name)
    {
        var packet = PacketCatalogue.Named(name);
        Should.Throw<MqttProtocolException>(() => Decode(packet)).ReasonCode.ShouldBe(packet.Expectation.RefusedWith!.Value);
    }

    [Theory]
    [MemberData(nameof(Canonical))]
    public void A_decoded_packet_is_encoded_to_the_same_bytes(string name)
    {
        var packet = PacketCatalogue.Named(name);
        AnyPacket.Encode(Decode(packet), packet.Version).ShouldBe(packet.Bytes);
    }

    [Theory]
    [MemberData(nameof(Valid))]
    public void A_packet_that_was_decoded_and_encoded_means_the_same(string name)
    {
        var packet = PacketCatalogue.Named(name);
        var decoded = Decode(packet);
        var again = AnyPacket.Decode(AnyPacket.Encode(decoded, packet.Version), packet.Version, packet.Sender);
        Comparable(again).ShouldBe(Comparable(decoded));
    }

    [Theory]
    [MemberData(nameof(Valid))]
    public void A_packet_whose_end_is_missing_is_not_taken_for_a_whole_one(string name)
    {
        var packet = PacketCatalogue.Named(name);
        for (var length = 0; length < Math.Min(packet.Bytes.Length, 300); length++)
        {
            if (Framing.TryReadFixedHeader(packet.Bytes.AsSpan(0, length), int.MaxValue, out var header, packet.Version))
                header.PacketLength.ShouldBe(packet.Bytes.Length);
        }
    }

    [Fact]
    public void The_catalogue_is_as_thorough_as_it_was() => PacketCatalogue.All.Count.ShouldBeGreaterThan(350);

    private static object Decode(PacketCase packet) => AnyPacket.Decode(packet.Bytes, packet.Version, packet.Sender);

    private static string Comparable(object packet) => System.Text.Json.JsonSerializer.Serialize(packet, packet.GetType());
}
