using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Console;
using Starling.Edge.Configuration;

namespace Starling.Edge.Hosting;

/// <summary>One line per event on standard output, as text or JSON.</summary>
internal static class HostLogging
{
    private const string Timestamp = "yyyy-MM-dd'T'HH:mm:ss.fff'Z' ";

    public static void Configure(ILoggingBuilder logging, LoggingOptions options)
    {
        logging.SetMinimumLevel(options.Level);
        // Kestrel's connections and the host's own steps are reported here, under our names.
        if (options.Level is > LogLevel.Debug and < LogLevel.Warning)
            logging.AddFilter("Microsoft", LogLevel.Warning);
        if (options.Format == LogFormat.Json)
        {
            logging.AddJsonConsole(console =>
            {
                console.UseUtcTimestamp = true;
                console.TimestampFormat = Timestamp.TrimEnd();
                console.IncludeScopes = false;
            });
        }
        else
        {
            logging.AddSimpleConsole(console =>
            {
                console.SingleLine = true;
                console.UseUtcTimestamp = true;
                console.TimestampFormat = Timestamp;
                console.IncludeScopes = false;
                console.ColorBehavior = LoggerColorBehavior.Disabled;
            });
        }
    }
}
