using Starling.LoadGenerator.Traffic;
using Starling.LoadGenerator.Wire;

namespace Starling.LoadGenerator.Tests.Traffic;

public sealed class PublisherTests
{
    private const long Second = 1_000_000_000;

    [Fact]
    public void A_publisher_of_qos_1_waits_for_acknowledgements()
    {
        var publisher = With(new PublisherOptions(Window: 1000, Unacknowledged: 16), qos: 1, capacity: 100);
        publisher.Next(now: 0).ShouldBeTrue();
        publisher.Next(now: 0).ShouldBeFalse();
        publisher.Acknowledged(now: 0);
        publisher.Next(now: 0).ShouldBeTrue();
        publisher.Flow.Sent.ShouldBe(17);
    }

    [Fact]
    public void An_acknowledgement_tells_how_long_ago_the_oldest_message_on_its_way_was_sent()
    {
        var publisher = With(new PublisherOptions(Window: 1000, Unacknowledged: 2), qos: 1, capacity: 1);
        publisher.Next(now: 10);
        publisher.Next(now: 20);
        publisher.Acknowledged(now: 100).ShouldBe(90);
        publisher.Next(now: 110);
        publisher.Acknowledged(now: 200).ShouldBe(180);
        publisher.Acknowledged(now: 200).ShouldBe(90);
    }

    [Fact]
    public void At_a_rate_as_many_messages_are_sent_as_time_allows()
    {
        var publisher = With(new PublisherOptions(Window: 1000, Unacknowledged: 0, PerSecond: 100), qos: 0, capacity: 1000);
        for (var millisecond = 0; millisecond < 1000; millisecond++)
            publisher.Next(millisecond * (Second / 1000));
        publisher.Flow.Sent.ShouldBe(100);
        publisher.MaxLate.ShouldBe(0);
    }

    [Fact]
    public void A_publisher_that_was_held_up_catches_up_and_says_how_late_it_was()
    {
        var publisher = With(new PublisherOptions(Window: 1000, Unacknowledged: 0, PerSecond: 100), qos: 0, capacity: 1000);
        publisher.Next(now: 0);
        publisher.Next(now: Second);
        publisher.Flow.Sent.ShouldBe(101);
        publisher.MaxLate.ShouldBe(Second - (Second / 100));
    }

    [Fact]
    public void A_window_full_of_lost_messages_opens_again_after_a_while()
    {
        var publisher = With(new PublisherOptions(Window: 10, Unacknowledged: 0), qos: 0, capacity: 10);
        publisher.Next(now: 0).ShouldBeTrue();
        publisher.Next(now: 1).ShouldBeFalse();
        publisher.Next(now: 2 * Second).ShouldBeFalse();
        publisher.Next(now: 3 * Second).ShouldBeTrue();
    }

    private static Publisher With(PublisherOptions options, int qos, int capacity)
    {
        var frame = FrameBuilder.Publish(new Login(4, null, null), "a/b", qos, payloadLength: 64);
        return new Publisher(new PublishBurst(frame, qos, publisher: 0, capacity), new Flow(receivers: 1, options.Window, threads: 1), options);
    }
}
