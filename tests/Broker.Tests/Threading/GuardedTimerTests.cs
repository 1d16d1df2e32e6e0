using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Starling.Broker.Threading;
using Starling.Testing;

namespace Starling.Broker.Tests.Threading;

public sealed class GuardedTimerTests
{
    [Fact]
    public void A_callback_that_fails_does_not_end_the_process_and_comes_again() => CallsOfFailing(NullLogger.Instance).ShouldBe(3);

    [Fact]
    public void Nor_does_a_logger_that_fails() => CallsOfFailing(new FailingLogger()).ShouldBe(3);

    private static int CallsOfFailing(ILogger logger)
    {
        var time = new ManualTime();
        var calls = 0;
        using var timer = time.CreateGuardedTimer(Fail, logger, "Test", TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(1));

        time.Advance(TimeSpan.FromSeconds(3));
        return calls;

        void Fail()
        {
            calls++;
            throw new InvalidOperationException();
        }
    }

    /// <summary>A disk that is full, for example.</summary>
    private sealed class FailingLogger : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            throw new IOException("no room");
    }
}
