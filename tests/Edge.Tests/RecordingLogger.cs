using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace Starling.Edge.Tests;

/// <summary>Keeps what is logged.</summary>
internal sealed class RecordingLogger<T> : ILogger<T>
{
    private readonly ConcurrentQueue<(LogLevel Level, string Message)> _entries = new();

    /// <summary>Whether logging fails; what is logged is kept nevertheless.</summary>
    public bool Fails { get; set; }

    public string[] Errors => [.. _entries.Where(entry => entry.Level == LogLevel.Error).Select(entry => entry.Message)];

    public string[] Informations => [.. _entries.Where(entry => entry.Level == LogLevel.Information).Select(entry => entry.Message)];

    public string[] Warnings => [.. _entries.Where(entry => entry.Level == LogLevel.Warning).Select(entry => entry.Message)];

    public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => true;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        _entries.Enqueue((logLevel, formatter(state, exception)));
        if (Fails)
            throw new IOException("The disk is full.");
    }
}
