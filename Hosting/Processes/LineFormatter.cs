using System.Globalization;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Logging.Console;
using Starling.Broker.Time;

namespace Starling.Hosting.Processes;

/// <summary>One line per event, whatever is in it: names that clients choose cannot start a line of their own.</summary>
internal sealed class LineFormatter(BrokerClock clock) : ConsoleFormatter(FormatterName)
{
    public const string FormatterName = "line";
    public const string Timestamp = "yyyy-MM-dd'T'HH:mm:ss.fff'Z'";

    public override void Write<TState>(in LogEntry<TState> logEntry, IExternalScopeProvider? scopeProvider, TextWriter textWriter)
    {
        textWriter.Write(clock.Wall.GetUtcNow().ToString(Timestamp, CultureInfo.InvariantCulture));
        textWriter.Write(Word(logEntry.LogLevel));
        textWriter.Write(logEntry.Category[(logEntry.Category.LastIndexOf('.') + 1)..]);
        textWriter.Write(": ");
        WriteOnOneLine(textWriter, logEntry.Formatter(logEntry.State, logEntry.Exception));
        if (logEntry.Exception is not null)
        {
            textWriter.Write(" | ");
            WriteOnOneLine(textWriter, logEntry.Exception.ToString());
        }
        textWriter.Write('\n');
    }

    private static void WriteOnOneLine(TextWriter writer, string text)
    {
        foreach (var c in text)
            writer.Write(char.IsControl(c) ? ' ' : c);
    }

    private static string Word(LogLevel level) => level switch
    {
        LogLevel.Trace => " trace ",
        LogLevel.Debug => " debug ",
        LogLevel.Information => " info  ",
        LogLevel.Warning => " warn  ",
        LogLevel.Error => " error ",
        _ => " fatal ",
    };
}
