using Microsoft.Extensions.Logging;
using Starling.Broker.Telemetry;
using Starling.Protocol;

namespace Starling.Broker.Tenants.Authentication;

public sealed partial class Authenticator
{
    [LoggerMessage(Level = LogLevel.Debug, Message = "Tenant {Tenant}: login of user {User} refused: {Reason}")]
    private partial void LogRefused(string tenant, ForeignText user, ReasonCode reason);
}
