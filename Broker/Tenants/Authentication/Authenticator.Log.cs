using Microsoft.Extensions.Logging;
using Starling.Protocol;

namespace Starling.Broker.Tenants.Authentication;

public sealed partial class Authenticator
{
    [LoggerMessage(Level = LogLevel.Debug, Message = "Tenant {Tenant}: login of user {User} refused: {Reason}")]
    private partial void LogRefused(string tenant, string? user, ReasonCode reason);
}
