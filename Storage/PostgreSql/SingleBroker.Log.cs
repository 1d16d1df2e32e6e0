using Microsoft.Extensions.Logging;

namespace Starling.Storage.PostgreSql;

public sealed partial class SingleBroker
{
    [LoggerMessage(Level = LogLevel.Warning, Message = "Connection that holds the database lock lost: {Reason}")]
    private partial void LogLost(string reason);

    [LoggerMessage(Level = LogLevel.Information, Message = "Database lock held again")]
    private partial void LogTakenAgain();

    [LoggerMessage(Level = LogLevel.Error, Message = "Database lock taken by another broker while the connection was lost: {Where}")]
    private partial void LogTakenByAnother(string where);
}
