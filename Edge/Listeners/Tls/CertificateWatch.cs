using Microsoft.Extensions.Logging;
using Starling.Broker.Threading;

namespace Starling.Edge.Listeners.Tls;

/// <summary>Looks at the certificate files of all listeners every so often.</summary>
internal sealed class CertificateWatch : IDisposable
{
    private readonly IReadOnlyList<TlsIdentitySource> _sources;
    private readonly Lock _gate = new();
    private readonly ITimer _timer;

    public CertificateWatch(IReadOnlyList<TlsIdentitySource> sources, TimeSpan interval, TimeProvider time, ILogger logger)
    {
        _sources = sources;
        var period = sources.Count == 0 ? Timeout.InfiniteTimeSpan : interval;
        _timer = time.CreateGuardedTimer(Check, logger, "Check of the certificate files", period, period);
    }

    public IEnumerable<(string Listener, string File, DateTimeOffset NotAfter)> Certificates =>
        from source in _sources
        from certificate in source.Current.Certificates
        select (source.Listener, certificate.File, (DateTimeOffset)certificate.Leaf.NotAfter);

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
