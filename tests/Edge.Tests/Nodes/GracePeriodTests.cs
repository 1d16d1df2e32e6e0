using Starling.Edge.Nodes;

namespace Starling.Edge.Tests.Nodes;

public sealed class GracePeriodTests
{
    private readonly GracePeriod _period = new();

    [Fact]
    public void Nobody_waits_for_nothing() => _period.WaitAsync().IsCompleted.ShouldBeTrue();

    [Fact]
    public async Task Who_waits_waits_for_what_is_under_way()
    {
        var entered = _period.Enter();
        var waiting = _period.WaitAsync();
        waiting.IsCompleted.ShouldBeFalse();

        _period.Exit(entered);

        await waiting;
    }

    [Fact]
    public async Task Who_waits_does_not_wait_for_what_begins_later()
    {
        var earlier = _period.Enter();
        var waiting = _period.WaitAsync();
        var later = _period.Enter();

        _period.Exit(earlier);

        await waiting;
        _period.Exit(later);
    }

    [Fact]
    public async Task A_second_one_waits_for_all_that_began_before_it()
    {
        var first = _period.Enter();
        _ = _period.WaitAsync();
        var second = _period.Enter();
        var waiting = _period.WaitAsync();

        _period.Exit(second);
        waiting.IsCompleted.ShouldBeFalse();
        _period.Exit(first);

        await waiting;
    }

    [Fact]
    public void It_is_empty_again_after_the_last()
    {
        var entered = _period.Enter();
        _ = _period.WaitAsync();
        _period.Exit(entered);

        _period.WaitAsync().IsCompleted.ShouldBeTrue();
    }
}
