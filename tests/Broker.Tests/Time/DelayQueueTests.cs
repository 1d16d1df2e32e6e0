using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Starling.Broker.Time;
using Starling.Testing;

namespace Starling.Broker.Tests.Time;

public sealed class DelayQueueTests : IDisposable
{
    private readonly ManualTime _time = new();
    private readonly FailureLog _log = new();
    private readonly DelayQueue _queue;
    private readonly List<string> _done = [];

    public DelayQueueTests() => _queue = new DelayQueue(_time, _log);

    public void Dispose() => _queue.Dispose();

    [Fact]
    public void Callbacks_run_when_they_are_due_in_the_order_of_their_times()
    {
        Schedule(seconds: 2, "second");
        Schedule(seconds: 1, "first");
        Schedule(seconds: 3, "third");

        _time.Advance(TimeSpan.FromSeconds(2));

        _done.ShouldBe(["first", "second"]);
    }

    [Fact]
    public void Cancelled_callback_does_not_run()
    {
        Schedule(seconds: 1, "cancelled").Dispose();
        Schedule(seconds: 1, "kept");

        _time.Advance(TimeSpan.FromSeconds(1));

        _done.ShouldBe(["kept"]);
    }

    [Fact]
    public void Callback_that_throws_is_logged_and_those_behind_it_run()
    {
        _queue.Schedule(_queue.Now + 1000, () => throw new InvalidOperationException("broken"));
        Schedule(seconds: 1, "same time");
        Schedule(seconds: 5, "later");

        _time.Advance(TimeSpan.FromSeconds(1));
        _done.ShouldBe(["same time"]);
        _log.Failures.ShouldHaveSingleItem().ShouldBeOfType<InvalidOperationException>().Message.ShouldBe("broken");

        _time.Advance(TimeSpan.FromSeconds(4));
        _done.ShouldBe(["same time", "later"]);
    }

    [Theory]
    [InlineData(2)]
    [InlineData(-2)]
    public void Setting_the_wall_clock_changes_nothing(int hours)
    {
        Schedule(seconds: 3, "before");
        _time.Jump(TimeSpan.FromHours(hours));
        Schedule(seconds: 3, "after");

        _time.Advance(TimeSpan.FromSeconds(2));
        _done.ShouldBeEmpty();
        _time.Advance(TimeSpan.FromSeconds(1));

        _done.ShouldBe(["before", "after"]);
    }

    [Fact]
    public void When_the_clock_follows_another_one_what_is_due_by_that_one_is_done()
    {
        var clock = new BrokerClock(_time);
        using var queue = new DelayQueue(clock, _log);
        queue.Schedule(queue.Now + 60_000, () => _done.Add("due"));

        clock.Follow(clock.GetUtcNow() + TimeSpan.FromSeconds(59));
        _time.Advance(TimeSpan.FromMilliseconds(999));
        _done.ShouldBeEmpty();
        _time.Advance(TimeSpan.FromMilliseconds(1));

        _done.ShouldBe(["due"]);
    }

    private IDisposable Schedule(int seconds, string what) => _queue.Schedule(_queue.Now + (seconds * 1000), () => _done.Add(what));

    private sealed class FailureLog : ILogger<DelayQueue>
    {
        public List<Exception> Failures { get; } = [];

        public IDisposable? BeginScope<TState>(TState state) where TState : notnull => NullLogger.Instance.BeginScope(state);

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (logLevel == LogLevel.Error && exception is not null)
                Failures.Add(exception);
        }
    }
}
