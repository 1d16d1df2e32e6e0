using Microsoft.Extensions.Logging;
using Starling.Broker.Contracts;

namespace Starling.Broker.Sessions;

public sealed partial class Session
{
    /// <summary>A store that is away, or refuses what would be too much, says so itself, and not for each session.</summary>
    private void NotWritten(Exception error)
    {
        if (error is StoreUnavailableException)
            Log.NotWrittenYet(_context.Logger, _key.Tenant, _key.ClientId, error.Message);
        else
            Log.NotWritten(_context.Logger, _key.Tenant, _key.ClientId, error);
    }

    private static partial class Log
    {
        [LoggerMessage(Level = LogLevel.Debug, Message = "Tenant {Tenant}: session '{ClientId}' is written later: {Problem}")]
        public static partial void NotWrittenYet(ILogger logger, string tenant, string clientId, string problem);

        [LoggerMessage(Level = LogLevel.Debug, Message = "Tenant {Tenant}: session '{ClientId}' was let go and nobody could be told to go on; the next who asks for it does")]
        public static partial void NextNotWoken(ILogger logger, string tenant, string clientId, Exception error);

        [LoggerMessage(Level = LogLevel.Debug, Message = "Tenant {Tenant}: a new connection takes over session '{ClientId}' (epoch {Epoch})")]
        public static partial void TakenOver(ILogger logger, string tenant, string clientId, long epoch);

        [LoggerMessage(
            Level = LogLevel.Warning,
            Message = "Tenant {Tenant}: edge {EdgeId} did not confirm in time that it closed the older connection of '{ClientId}'")]
        public static partial void TakeoverUnanswered(ILogger logger, string tenant, string clientId, string edgeId, Exception error);

        [LoggerMessage(Level = LogLevel.Error, Message = "Tenant {Tenant}: session '{ClientId}' could not be written")]
        public static partial void NotWritten(ILogger logger, string tenant, string clientId, Exception error);
    }
}
