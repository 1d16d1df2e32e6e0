using Microsoft.Extensions.Logging;

namespace Starling.Hosting.Configuration;

public enum LogFormat
{
    Text,
    Json,
}

public sealed record LoggingOptions
{
    public LogLevel Level { get; init; } = LogLevel.Information;

    public LogFormat Format { get; init; }
}
