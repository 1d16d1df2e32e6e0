using Microsoft.Extensions.Logging;

namespace Starling.Storage.PostgreSql.Tenants;

public sealed partial class TenantWatch
{
    [LoggerMessage(Level = LogLevel.Information, Message = "Database: {Tenants} tenants loaded")]
    private partial void LogLoaded(int tenants);

    [LoggerMessage(Level = LogLevel.Information, Message = "Database: {Tenants} tenants changed")]
    private partial void LogReloaded(int tenants);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Database: following tenant changes failed ({Problem}), retrying; tenants stay as they are")]
    private partial void LogLost(string problem);

    [LoggerMessage(Level = LogLevel.Debug, Message = "Database: following tenant changes still fails ({Problem})")]
    private partial void LogStillAway(string problem);

    [LoggerMessage(Level = LogLevel.Information, Message = "Database: following tenant changes again")]
    private partial void LogBack();
}
