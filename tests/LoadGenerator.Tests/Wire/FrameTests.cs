using Starling.LoadGenerator.Wire;

namespace Starling.LoadGenerator.Tests.Wire;

public sealed class FrameTests
{
    [Theory]
    [InlineData(4, 0, 64)]
    [InlineData(4, 1, 1024)]
    [InlineData(5, 0, 64)]
    [InlineData(5, 2, 65_536)]
    public void Every_frame_of_a_burst_carries_its_own_stamp_and_packet_identifier(int version, int qos, int payload)
    {
        var model = FrameBuilder.Publish(new Login(version, null, null), "bench/7/state", qos, payload);
        var burst = new PublishBurst(model, qos, publisher: 7, capacity: 3);
        burst.Fill(count: 3, sequence: 65_533, time: 99);

        var bytes = burst.Unsent;
        List<(long Sequence, int Publisher, long Time, int PacketId)> read = [];
        while (Frame.TryRead(bytes, out var frame))
        {
            var stamp = Stamp.Read(in bytes[frame.PayloadOffset(bytes, version == 5, out var packetId)]);
            read.Add((stamp.Sequence, stamp.Publisher, stamp.Time, packetId));
            (frame.Type, frame.Length).ShouldBe((Frame.Publish, model.Frame.Length));
            bytes = bytes[frame.Length..];
        }

        bytes.Length.ShouldBe(0);
        read.ShouldBe([(65_533, 7, 99, qos > 0 ? 65_534 : 0), (65_534, 7, 99, qos > 0 ? 65_535 : 0), (65_535, 7, 99, qos > 0 ? 1 : 0)]);
    }

    [Fact]
    public void A_frame_is_not_read_before_its_last_byte_is_there()
    {
        var (frame, _, _) = FrameBuilder.Publish(new Login(4, null, null), "a", 0, payloadLength: 300);
        for (var length = 0; length < frame.Length; length++)
            Frame.TryRead(frame.AsSpan(0, length), out _).ShouldBeFalse();
        Frame.TryRead(frame, out _).ShouldBeTrue();
    }
}
