using Microsoft.Extensions.Logging;

namespace Starling.Storage.PostgreSql;

internal sealed partial class Migrator
{
    [LoggerMessage(Level = LogLevel.Information, Message = "Database schema: applied {Migration}")]
    private partial void LogApplied(string migration);
}
