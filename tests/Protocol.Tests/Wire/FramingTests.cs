using System.Buffers;

namespace Starling.Protocol.Tests;

public sealed class FramingTests
{
    private const int NoLimit = int.MaxValue;

    [Theory]
    [InlineData(0, new byte[] { 0xC0, 0 }, 2)]
    [InlineData(127, new byte[] { 0x30, 0x7F }, 2)]
    [InlineData(128, new byte[] { 0x30, 0x80, 1 }, 3)]
    [InlineData(16_383, new byte[] { 0x30, 0xFF, 0x7F }, 3)]
    [InlineData(16_384, new byte[] { 0x30, 0x80, 0x80, 1 }, 4)]
    [InlineData(2_097_151, new byte[] { 0x30, 0xFF, 0xFF, 0x7F }, 4)]
    [InlineData(2_097_152, new byte[] { 0x30, 0x80, 0x80, 0x80, 1 }, 5)]
    [InlineData(268_435_455, new byte[] { 0x30, 0xFF, 0xFF, 0xFF, 0x7F }, 5)]
    public void The_remaining_length_is_read(int expected, byte[] bytes, int headerLength)
    {
        Framing.TryReadFixedHeader(bytes, NoLimit, out var header).ShouldBeTrue();
        header.RemainingLength.ShouldBe(expected);
        header.Length.ShouldBe(headerLength);
        header.PacketLength.ShouldBe(expected + headerLength);
        header.Type.ShouldBe((PacketType)(bytes[0] >> 4));
    }

    [Fact]
    public void The_flags_of_a_publish_are_read()
    {
        Framing.TryReadFixedHeader([0x3D, 3], NoLimit, out var header).ShouldBeTrue();
        header.Type.ShouldBe(PacketType.Publish);
        header.Flags.ShouldBe((byte)0x0D);
    }

    [Theory]
    [InlineData(new byte[0])]
    [InlineData(new byte[] { 0x30 })]
    [InlineData(new byte[] { 0x30, 0x80 })]
    [InlineData(new byte[] { 0x30, 0xFF, 0xFF, 0xFF })]
    public void A_header_that_is_not_complete_waits_for_more(byte[] bytes) =>
        Framing.TryReadFixedHeader(bytes, NoLimit, out _).ShouldBeFalse();

    [Theory]
    [InlineData(new byte[] { 0x00 })]
    [InlineData(new byte[] { 0x83 })]
    [InlineData(new byte[] { 0xC1 })]
    [InlineData(new byte[] { 0x30, 0xFF, 0xFF, 0xFF, 0xFF })]
    [InlineData(new byte[] { 0x30, 0x80, 0x00 })]
    public void An_invalid_header_is_refused_on_the_first_byte_that_shows_it(byte[] bytes)
    {
        Framing.TryReadFixedHeader(bytes.AsSpan(..^1), NoLimit, out _).ShouldBeFalse();
        Should.Throw<MqttProtocolException>(() =>
            Framing.TryReadFixedHeader(bytes, NoLimit, out _)).ReasonCode.ShouldBe(ReasonCode.MalformedPacket);
    }

    [Fact]
    public void A_packet_of_the_maximum_size_is_accepted_and_one_byte_more_is_not()
    {
        Framing.TryReadFixedHeader([0x30, 98], 100, out _).ShouldBeTrue();
        Should.Throw<MqttProtocolException>(() =>
            Framing.TryReadFixedHeader([0x30, 99], 100, out _)).ReasonCode.ShouldBe(ReasonCode.PacketTooLarge);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void A_header_that_is_split_over_segments_is_read(int at)
    {
        byte[] bytes = [0x30, 0x80, 0x80, 0x01, 7];
        var first = new Segment(bytes.AsMemory(0, at));
        var sequence = new ReadOnlySequence<byte>(first, 0, first.Append(bytes.AsMemory(at)), bytes.Length - at);
        Framing.TryReadFixedHeader(sequence, NoLimit, out var header).ShouldBeTrue();
        header.RemainingLength.ShouldBe(16_384);
        header.Length.ShouldBe(4);
    }

    [Fact]
    public void A_split_header_that_is_not_complete_waits_for_more()
    {
        var first = new Segment(new byte[] { 0x30 });
        var sequence = new ReadOnlySequence<byte>(first, 0, first.Append(new byte[] { 0x80 }), 1);
        Framing.TryReadFixedHeader(sequence, NoLimit, out _).ShouldBeFalse();
    }

    private sealed class Segment : ReadOnlySequenceSegment<byte>
    {
        public Segment(ReadOnlyMemory<byte> memory) => Memory = memory;

        public Segment Append(ReadOnlyMemory<byte> memory)
        {
            var next = new Segment(memory) { RunningIndex = RunningIndex + Memory.Length };
            Next = next;
            return next;
        }
    }
}
