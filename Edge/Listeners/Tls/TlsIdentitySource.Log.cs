using Microsoft.Extensions.Logging;

namespace Starling.Edge.Listeners.Tls;

internal sealed partial class TlsIdentitySource
{
    [LoggerMessage(Level = LogLevel.Information, Message = "Listener {Listener} has reloaded its certificates")]
    private partial void LogReloaded(string listener);

    [LoggerMessage(Level = LogLevel.Error, Message = "Listener {Listener} keeps its previous certificates, the changed ones are not usable: {Problem}")]
    private partial void LogKept(string listener, string problem);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Listener {Listener}: certificate {File} expires on {NotAfter:u}")]
    private partial void LogExpiresSoon(string listener, string file, DateTime notAfter);

    [LoggerMessage(Level = LogLevel.Error, Message = "Listener {Listener}: certificate {File} expired on {NotAfter:u}")]
    private partial void LogExpired(string listener, string file, DateTime notAfter);

    [LoggerMessage(Level = LogLevel.Error, Message = "Listener {Listener}: a newer list of revoked client certificates was due on {NextUpdate:u}; the old one is used")]
    private partial void LogRevocationListOld(string listener, DateTimeOffset nextUpdate);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Listener {Listener}: closing {Count} connections whose client certificates have ended or are not accepted any more")]
    private partial void LogRevoked(string listener, int count);
}
