using Microsoft.Extensions.Logging;

namespace Starling.Storage.PostgreSql;

public sealed partial class SingleBroker
{
    [LoggerMessage(Level = LogLevel.Warning, Message = "The connection that keeps other brokers away from the database is lost: {Reason}")]
    private partial void LogLost(string reason);

    [LoggerMessage(Level = LogLevel.Information, Message = "Other brokers are kept away from the database again")]
    private partial void LogTakenAgain();

    [LoggerMessage(Level = LogLevel.Error, Message = "The database was taken while the connection to it was lost, by {Where}")]
    private partial void LogTakenByAnother(string where);
}
