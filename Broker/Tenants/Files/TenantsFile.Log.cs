using Microsoft.Extensions.Logging;

namespace Starling.Broker.Tenants.Files;

public sealed partial class TenantsFile
{
    [LoggerMessage(Level = LogLevel.Information, Message = "{File}: {Tenants} tenants loaded")]
    private partial void LogLoaded(string file, int tenants);

    [LoggerMessage(Level = LogLevel.Error, Message = "{Mistake}")]
    private partial void LogMistake(TenantsFileError mistake);

    [LoggerMessage(Level = LogLevel.Error, Message = "{File}: change refused, {Mistakes} mistakes; the settings stay as they were, but users that were removed or have other credentials are revoked")]
    private partial void LogKept(string file, int mistakes);

    [LoggerMessage(Level = LogLevel.Error, Message = "{File}: can't be read ({Problem}); the settings stay as they were")]
    private partial void LogUnreadable(string file, string problem);

    [LoggerMessage(Level = LogLevel.Debug, Message = "{File}: the system does not report changes, checking every second ({Problem})")]
    private partial void LogNotWatched(string file, string problem);
}
