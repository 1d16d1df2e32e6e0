using Starling.Fuzzing.Decoding;
using Starling.Protocol;
using Starling.Testing;

namespace Starling.Fuzzing.Tests.Decoding;

public sealed class DecoderFuzzTests
{
    [Fact]
    public void Ninety_thousand_packets_are_decoded_or_refused_and_nothing_else()
    {
        var fuzzer = new DecoderFuzzer(seed: 1);
        for (var index = 0; index < 90_000; index++)
            fuzzer.Run(index).ShouldBeNull();
        fuzzer.Decoded.ShouldBeGreaterThan(10_000);
        fuzzer.Refused.ShouldBeGreaterThan(10_000);
    }

    [Fact]
    public void A_case_is_the_same_every_time()
    {
        var (first, second) = (DecoderCase.Create(7, 1234), DecoderCase.Create(7, 1234));
        second.ToString().ShouldBe(first.ToString());
        DecoderCase.Create(8, 1234).ToString().ShouldNotBe(first.ToString());
    }

    [Fact]
    public void A_malformed_packet_that_is_to_be_valid_is_noticed() =>
        Should.Throw<FuzzException>(() => DecoderCheck.Run(new([0xC1, 0], ProtocolVersion.Mqtt5, PublishSender.Client, Verdict.Valid)));

    [Fact]
    public void A_valid_packet_that_is_to_be_refused_is_noticed() =>
        Should.Throw<FuzzException>(() => DecoderCheck.Run(new([0xC0, 0], ProtocolVersion.Mqtt5, PublishSender.Client, Verdict.Refused)));

    [Fact]
    public void Every_packet_of_the_catalogue_passes()
    {
        foreach (var packet in PacketCatalogue.All)
            DecoderCheck.Run(new(packet.Bytes, packet.Version, packet.Sender, packet.Expectation.IsValid ? Verdict.Valid : Verdict.Refused));
    }
}
