using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Starling.Broker.Threading;

namespace Starling.Broker.Tests.Threading;

public sealed class BackgroundTests
{
    [Fact]
    public async Task A_failure_is_logged_with_what_failed()
    {
        var log = new RecordingLogger();
        var work = new TaskCompletionSource();

        Background.Run(work.Task, log, "The sweep");
        work.SetException(new InvalidOperationException("broken"));

        var (message, error) = await log.First.Task.WaitAsync(TimeSpan.FromSeconds(10), TestContext.Current.CancellationToken);
        message.ShouldBe("The sweep failed");
        error.ShouldBeOfType<InvalidOperationException>().Message.ShouldBe("broken");
    }

    [Fact]
    public void A_failure_that_is_there_already_is_logged_before_the_call_returns()
    {
        var log = new RecordingLogger();

        Background.Run(ValueTask.FromException(new InvalidOperationException("broken")), log, "The sweep");

        log.First.Task.IsCompletedSuccessfully.ShouldBeTrue();
    }

    [Fact]
    public void Cancellation_is_not_logged()
    {
        var log = new RecordingLogger();

        Background.Run(Task.FromCanceled(new CancellationToken(canceled: true)), log, "The sweep");

        log.First.Task.IsCompleted.ShouldBeFalse();
    }

    private sealed class RecordingLogger : ILogger
    {
        public TaskCompletionSource<(string Message, Exception? Error)> First { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public IDisposable? BeginScope<TState>(TState state) where TState : notnull => NullLogger.Instance.BeginScope(state);

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            First.TrySetResult((formatter(state, exception), exception));
    }
}
