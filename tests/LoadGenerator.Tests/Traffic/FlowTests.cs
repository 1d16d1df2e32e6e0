using Starling.LoadGenerator.Traffic;

namespace Starling.LoadGenerator.Tests.Traffic;

public sealed class FlowTests
{
    [Fact]
    public void A_window_opens_as_all_receivers_get_on()
    {
        var flow = new Flow(receivers: 2, window: 10, threads: 2);
        flow.AddSent(10);
        flow.Available.ShouldBe(0);

        flow.Advance(thread: 0, by: 4);
        flow.Advance(thread: 1, by: 4);
        (flow.Available, flow.Outstanding).ShouldBe((4, 12));
    }

    [Fact]
    public void What_is_forgiven_is_no_longer_waited_for()
    {
        var flow = new Flow(receivers: 1, window: 10, threads: 1);
        flow.AddSent(10);
        flow.Advance(thread: 0, by: 3);
        flow.Forgive();
        flow.Available.ShouldBe(10);
        flow.AddSent(10);
        flow.Available.ShouldBe(0);
    }
}
