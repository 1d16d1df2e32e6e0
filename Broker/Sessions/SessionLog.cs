using Microsoft.Extensions.Logging;
using Starling.Broker.Contracts;

namespace Starling.Broker.Sessions;

/// <summary>What the parts of a session log.</summary>
internal static partial class SessionLog
{
    /// <summary>An unavailable store is reported by the store, once and not for each session.</summary>
    public static void NotSaved(LoadedSession session, Exception error)
    {
        if (error is StoreUnavailableException)
            SaveDelayed(session.Context.Logger, session.Key.Tenant, session.Key.ClientId, error.Message);
        else
            SaveFailed(session.Context.Logger, session.Key.Tenant, session.Key.ClientId, error);
    }

    [LoggerMessage(Level = LogLevel.Debug, Message = "Tenant {Tenant}: session '{ClientId}' released; waking its next owner failed")]
    public static partial void NextOwnerNotWoken(ILogger logger, string tenant, string clientId, Exception error);

    [LoggerMessage(Level = LogLevel.Debug, Message = "Tenant {Tenant}: session '{ClientId}' taken over by a new connection (previous epoch {Epoch})")]
    public static partial void TakenOver(ILogger logger, string tenant, string clientId, long epoch);

    [LoggerMessage(
        Level = LogLevel.Warning,
        Message = "Tenant {Tenant}: edge {EdgeId} did not confirm in time that the previous connection of '{ClientId}' is closed")]
    public static partial void CloseNotConfirmed(ILogger logger, string tenant, string clientId, string edgeId, Exception error);

    [LoggerMessage(Level = LogLevel.Debug, Message = "Tenant {Tenant}: save of session '{ClientId}' delayed: {Problem}")]
    private static partial void SaveDelayed(ILogger logger, string tenant, string clientId, string problem);

    [LoggerMessage(Level = LogLevel.Error, Message = "Tenant {Tenant}: save of session '{ClientId}' failed")]
    private static partial void SaveFailed(ILogger logger, string tenant, string clientId, Exception error);
}
