using Microsoft.Extensions.Logging;

namespace Starling.Edge.Listeners.Admissions;

internal sealed partial class RefusalLog
{
    [LoggerMessage(Level = LogLevel.Warning, Message = "Closed {Count} connections before their CONNECT was accepted: {Reasons}")]
    private partial void LogRefused(long count, string reasons);
}
