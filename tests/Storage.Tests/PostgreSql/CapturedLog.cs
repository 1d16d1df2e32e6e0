using System.Threading.Channels;
using Microsoft.Extensions.Logging;

namespace Starling.Storage.Tests.PostgreSql;

/// <summary>What is logged, for a test to wait for and to read.</summary>
internal sealed class CapturedLog : ILoggerFactory, ILogger
{
    private readonly Channel<(LogLevel Level, string Text)> _lines = Channel.CreateUnbounded<(LogLevel, string)>();

    public ValueTask<(LogLevel Level, string Text)> NextAsync(CancellationToken cancellation) => _lines.Reader.ReadAsync(cancellation);

    /// <summary>What was not taken by <see cref="NextAsync"/>.</summary>
    public IReadOnlyList<(LogLevel Level, string Text)> Rest()
    {
        var rest = new List<(LogLevel, string)>();
        while (_lines.Reader.TryRead(out var line))
            rest.Add(line);
        return rest;
    }

    public ILogger CreateLogger(string categoryName) => this;

    public void AddProvider(ILoggerProvider provider) => throw new NotSupportedException();

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => true;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
        _lines.Writer.TryWrite((logLevel, formatter(state, exception)));

    public void Dispose()
    {
    }
}
