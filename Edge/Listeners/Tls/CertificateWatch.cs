using Microsoft.Extensions.Logging;
using Starling.Broker.Threading;

namespace Starling.Edge.Listeners.Tls;

/// <summary>Looks at the certificate files of all listeners every so often.</summary>
internal sealed class CertificateWatch : IDisposable
{
    private readonly IReadOnlyList<TlsIdentitySource> _sources;
    private readonly Lock _gate = new();
    private readonly ITimer _timer;
    private readonly ILogger _logger;

    public CertificateWatch(IReadOnlyList<TlsIdentitySource> sources, TimeSpan interval, TimeProvider time, ILogger logger)
    {
        _sources = sources;
        _logger = logger;
        var period = sources.Count == 0 ? Timeout.InfiniteTimeSpan : interval;
        _timer = time.CreateGuardedTimer(Check, logger, "Check of the certificate files", period, period);
    }

    public IEnumerable<(string Listener, string File, DateTimeOffset NotAfter)> Certificates =>
        from source in _sources
        from certificate in source.Current.Certificates
        select (source.Listener, certificate.File, (DateTimeOffset)certificate.Leaf.NotAfter);

    /// <summary>Without waiting for the interval. What is wrong with a file is logged.</summary>
    public void CheckNow() => Background.Run(Check, _logger, "Check of the certificate files");

    public void Dispose() => _timer.Dispose();

    private void Check()
    {
        if (!_gate.TryEnter())
            return;
        try
        {
            foreach (var source in _sources)
                source.CheckFiles();
        }
        finally
        {
            _gate.Exit();
        }
    }
}
