using Microsoft.Extensions.Logging;

namespace Starling.Broker.Tenants.Files;

public sealed partial class TenantsFile
{
    [LoggerMessage(Level = LogLevel.Information, Message = "{File}: {Tenants} tenants loaded")]
    private partial void LogLoaded(string file, int tenants);

    [LoggerMessage(Level = LogLevel.Error, Message = "{Mistake}")]
    private partial void LogMistake(TenantsFileError mistake);

    [LoggerMessage(Level = LogLevel.Error, Message = "{File}: not applied, {Mistakes} mistakes; the previous settings stay in effect")]
    private partial void LogKept(string file, int mistakes);

    [LoggerMessage(Level = LogLevel.Error, Message = "{File}: cannot be read ({Problem}); the previous settings stay in effect")]
    private partial void LogUnreadable(string file, string problem);

    [LoggerMessage(Level = LogLevel.Debug, Message = "{File}: file system notifications unavailable, polling every second ({Problem})")]
    private partial void LogNotWatched(string file, string problem);
}
