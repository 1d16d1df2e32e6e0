using Microsoft.Extensions.Logging;

namespace Starling.Broker.Sessions;

public sealed partial class Session
{
    private static partial class Log
    {
        [LoggerMessage(Level = LogLevel.Debug, Message = "Tenant {Tenant}: a new connection takes over session '{ClientId}' (epoch {Epoch})")]
        public static partial void TakenOver(ILogger logger, string tenant, string clientId, long epoch);

        [LoggerMessage(
            Level = LogLevel.Warning,
            Message = "Tenant {Tenant}: edge {EdgeId} did not confirm in time that it closed the older connection of '{ClientId}'")]
        public static partial void TakeoverUnanswered(ILogger logger, string tenant, string clientId, string edgeId, Exception error);

        [LoggerMessage(Level = LogLevel.Error, Message = "Tenant {Tenant}: the expired session '{ClientId}' could not be removed")]
        public static partial void ExpiryFailed(ILogger logger, string tenant, string clientId, Exception error);

        [LoggerMessage(Level = LogLevel.Error, Message = "Tenant {Tenant}: session '{ClientId}' could not be written")]
        public static partial void NotWritten(ILogger logger, string tenant, string clientId, Exception error);
    }
}
