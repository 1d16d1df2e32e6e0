using Microsoft.Extensions.Logging;

namespace Starling.Broker.Tests.Tenants;

/// <summary>Keeps what is logged, for a test to read.</summary>
internal sealed class CapturedLog<T> : ILogger<T>
{
    public List<(LogLevel Level, string Text)> Lines { get; } = [];

    public IEnumerable<string> At(LogLevel level) => Lines.Where(line => line.Level == level).Select(line => line.Text);

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => true;

    public void Log<TState>(LogLevel level, EventId id, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
        Lines.Add((level, formatter(state, exception)));
}
