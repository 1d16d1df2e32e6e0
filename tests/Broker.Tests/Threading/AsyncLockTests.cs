using Starling.Broker.Threading;

namespace Starling.Broker.Tests.Threading;

public sealed class AsyncLockTests
{
    private readonly AsyncLock _turn = new();

    [Fact]
    public void The_first_does_not_wait() => _turn.WaitAsync().IsCompleted.ShouldBeTrue();

    [Fact]
    public async Task Who_waits_is_let_in_the_order_they_came()
    {
        await _turn.WaitAsync();
        var second = _turn.WaitAsync();
        var third = _turn.WaitAsync();

        _turn.Release();

        await second;
        third.IsCompleted.ShouldBeFalse();
    }

    [Fact]
    public async Task It_is_free_after_the_last()
    {
        await _turn.WaitAsync();
        var second = _turn.WaitAsync();
        _turn.Release();
        await second;

        _turn.Release();

        _turn.TryTake().ShouldBeTrue();
    }

    [Fact]
    public async Task It_is_not_taken_from_who_has_it()
    {
        await _turn.WaitAsync();

        _turn.TryTake().ShouldBeFalse();
    }

    [Fact]
    public async Task Only_one_at_a_time_is_in_it()
    {
        var inside = 0;
        var most = 0;
        await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Run(async () =>
        {
            for (var i = 0; i < 1_000; i++)
            {
                await _turn.WaitAsync();
                most = Math.Max(most, ++inside);
                await Task.Yield();
                inside--;
                _turn.Release();
            }
        })));

        most.ShouldBe(1);
    }
}
