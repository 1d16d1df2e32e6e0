using System.Collections.Concurrent;
using System.Net;
using System.Security.Cryptography.X509Certificates;
using Microsoft.Extensions.Logging;

namespace Starling.Grains.Interfaces.Logging;

/// <summary>Says which nodes this one has nothing to do with, each once a minute: they try again and again.</summary>
public sealed partial class Refusals(TimeProvider time, ILogger<Refusals> logger)
{
    private static readonly TimeSpan Pace = TimeSpan.FromMinutes(1);

    private readonly ConcurrentDictionary<string, long> _told = new(StringComparer.Ordinal);

    /// <summary>A node, on either side of a connection, whose certificate does not lead to the cluster's authority.</summary>
    public void Stranger(X509Certificate2 certificate)
    {
        ArgumentNullException.ThrowIfNull(certificate);
        if (IsNews(certificate.Thumbprint))
            LogStranger(certificate.Subject, certificate.Issuer, certificate.Thumbprint);
    }

    /// <summary>A process came and did not get through the handshake.</summary>
    public void NoHandshake(EndPoint? from)
    {
        var address = from is IPEndPoint { Address: var known } ? known.ToString() : "an unknown address";
        if (IsNews(address))
            LogNoHandshake(address);
    }

    private bool IsNews(string who)
    {
        var now = time.GetTimestamp();
        foreach (var (told, since) in _told)
        {
            if (time.GetElapsedTime(since, now) >= Pace)
                _told.TryRemove(told, out _);
        }

        return _told.TryAdd(who, now);
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Refused a node: its certificate {Subject} of {Issuer} ({Thumbprint}) does not lead to the authority in cluster.tls.caFile")]
    private partial void LogStranger(string subject, string issuer, string thumbprint);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Refused {Address}: it does not speak TLS, or has no certificate of this cluster (cluster.tls)")]
    private partial void LogNoHandshake(string address);
}
