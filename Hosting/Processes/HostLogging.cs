using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Console;
using Starling.Hosting.Configuration;

namespace Starling.Hosting.Processes;

/// <summary>One line per event on standard output, as text or JSON.</summary>
internal static class HostLogging
{
    public static void Configure(ILoggingBuilder logging, LoggingOptions options)
    {
        logging.SetMinimumLevel(options.Level);
        // Kestrel's connections and the host's own steps are reported here, under our names.
        if (options.Level is > LogLevel.Debug and < LogLevel.Warning)
            logging.AddFilter("Microsoft", LogLevel.Warning);
        // A failed start is told by whoever called for it.
        logging.AddFilter("Microsoft.Extensions.Hosting.Internal.Host", LogLevel.None);
        if (options.Format == LogFormat.Json)
        {
            logging.AddJsonConsole(console =>
            {
                console.UseUtcTimestamp = true;
                console.TimestampFormat = LineFormatter.Timestamp;
                console.IncludeScopes = false;
            });
        }
        else
        {
            logging.AddConsole(console => console.FormatterName = LineFormatter.FormatterName);
            logging.AddConsoleFormatter<LineFormatter, ConsoleFormatterOptions>();
        }
    }
}
