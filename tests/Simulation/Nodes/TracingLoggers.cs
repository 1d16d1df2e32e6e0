using Microsoft.Extensions.Logging;
using Starling.Simulation.Time;

namespace Starling.Simulation.Nodes;

/// <summary>What nodes log goes into the trace of a run that is looked at. The trace's hash is the same with it or without it.</summary>
internal sealed class TracingLoggers(Trace trace) : ILoggerFactory
{
    public void AddProvider(ILoggerProvider provider)
    {
    }

    public ILogger CreateLogger(string categoryName) => new Logger(trace, categoryName[(categoryName.LastIndexOf('.') + 1)..]);

    public void Dispose()
    {
    }

    private sealed class Logger(Trace trace, string category) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Information;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (IsEnabled(logLevel))
                trace.Note(category, formatter(state, exception) + (exception is null ? "" : $" [{exception}]"));
        }
    }
}
