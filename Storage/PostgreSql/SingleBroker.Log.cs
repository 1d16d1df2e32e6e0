using Microsoft.Extensions.Logging;

namespace Starling.Storage.PostgreSql;

public sealed partial class SingleBroker
{
    [LoggerMessage(Level = LogLevel.Warning, Message = "Lost the connection that holds the lock on the database: {Reason}")]
    private partial void LogLost(string reason);

    [LoggerMessage(Level = LogLevel.Information, Message = "The lock on the database is held again")]
    private partial void LogTakenAgain();

    [LoggerMessage(Level = LogLevel.Error, Message = "Another broker locked the database while the connection to it was lost: {Where}")]
    private partial void LogTakenByAnother(string where);
}
