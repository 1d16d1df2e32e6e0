using Microsoft.Extensions.Logging;
using Starling.Broker.Telemetry;
using Starling.Protocol;

namespace Starling.Edge.Connections;

internal sealed partial class ClientConnection
{
    [LoggerMessage(Level = LogLevel.Information, Message = "Tenant {Tenant}: closing client '{ClientId}', because the store is unavailable: {Problem}")]
    private static partial void LogNotStored(ILogger logger, string tenant, ForeignText clientId, string problem);

    [LoggerMessage(
        Level = LogLevel.Information,
        Message = "Tenant {Tenant}: closing client '{ClientId}', whose maximum packet size of {MaximumPacketSize} bytes is too small for CONNACK")]
    private static partial void LogConnAckTooLarge(ILogger logger, string tenant, ForeignText clientId, uint maximumPacketSize);

    [LoggerMessage(Level = LogLevel.Information, Message = "Tenant {Tenant}: closing client '{ClientId}', {ReasonCode}: {Problem}")]
    private static partial void LogProtocolError(ILogger logger, string tenant, ForeignText clientId, ReasonCode reasonCode, string problem);
}
