using Microsoft.Extensions.Logging;

namespace Starling.Storage.PostgreSql;

public sealed partial class Database
{
    [LoggerMessage(Level = LogLevel.Warning, Message = "{Place} does not answer yet, waiting up to {Seconds} s: {Reason}")]
    private partial void LogWaiting(string place, double seconds, string reason);

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Place}: waiting up to {Seconds} s for the schema to be brought up to date: {Problem}")]
    private partial void LogWaitingForSchema(string place, double seconds, string problem);

    [LoggerMessage(Level = LogLevel.Information, Message = "State is kept in {Place}")]
    private partial void LogOpened(string place);
}
