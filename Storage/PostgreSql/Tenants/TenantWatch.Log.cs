using Microsoft.Extensions.Logging;

namespace Starling.Storage.PostgreSql.Tenants;

public sealed partial class TenantWatch
{
    [LoggerMessage(Level = LogLevel.Information, Message = "Database: {Tenants} tenants loaded")]
    private partial void LogLoaded(int tenants);

    [LoggerMessage(Level = LogLevel.Information, Message = "Database: {Tenants} tenants changed")]
    private partial void LogReloaded(int tenants);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Database: changes of tenants can't be read ({Problem}); tenants stay as they are, trying again")]
    private partial void LogLost(string problem);

    [LoggerMessage(Level = LogLevel.Debug, Message = "Database: changes of tenants still can't be read ({Problem})")]
    private partial void LogStillAway(string problem);

    [LoggerMessage(Level = LogLevel.Information, Message = "Database: changes of tenants are read again")]
    private partial void LogBack();
}
