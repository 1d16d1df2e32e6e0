using Microsoft.Extensions.Logging;
using Starling.Protocol;

namespace Starling.Edge.Connections;

internal sealed partial class ClientConnection
{
    public static void LogReplayFailed(ClientConnection connection, string filter, Exception error) =>
        Log.ReplayFailed(connection.Node.Logger, connection.EdgeTenant.Tenant.Name, connection.ClientId, filter, error);

    private static partial class Log
    {
        [LoggerMessage(Level = LogLevel.Information, Message = "Tenant {Tenant}: client '{ClientId}' is closed, since nothing can be stored for it: {Problem}")]
        public static partial void NotStored(ILogger logger, string tenant, string clientId, string problem);

        [LoggerMessage(
            Level = LogLevel.Information,
            Message = "Tenant {Tenant}: client '{ClientId}' takes packets of at most {MaximumPacketSize} bytes, which is too little for a CONNACK")]
        public static partial void ConnAckTooLarge(ILogger logger, string tenant, string clientId, uint maximumPacketSize);

        [LoggerMessage(Level = LogLevel.Information, Message = "Tenant {Tenant}: client '{ClientId}' is closed, {ReasonCode}: {Problem}")]
        public static partial void ProtocolError(ILogger logger, string tenant, string clientId, ReasonCode reasonCode, string problem);

        [LoggerMessage(Level = LogLevel.Warning, Message = "Tenant {Tenant}: client '{ClientId}' is closed because it does not read")]
        public static partial void SlowReader(ILogger logger, string tenant, string clientId);

        [LoggerMessage(Level = LogLevel.Error, Message = "Tenant {Tenant}: retained messages of '{Filter}' could not be sent to '{ClientId}'")]
        public static partial void ReplayFailed(ILogger logger, string tenant, string clientId, string filter, Exception error);

        [LoggerMessage(Level = LogLevel.Debug, Message = "Tenant {Tenant}: the end of the connection of '{ClientId}' is written later: {Problem}")]
        public static partial void NotEnded(ILogger logger, string tenant, string clientId, string problem);

        [LoggerMessage(Level = LogLevel.Debug, Message = "Tenant {Tenant}: client '{ClientId}' has disconnected ({ReasonCode})")]
        public static partial void Disconnected(ILogger logger, string tenant, string clientId, ReasonCode reasonCode);
    }
}
