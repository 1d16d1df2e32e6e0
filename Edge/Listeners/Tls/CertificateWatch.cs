using Microsoft.Extensions.Logging;

namespace Starling.Edge.Listeners.Tls;

/// <summary>Looks at the certificate files of all listeners every so often.</summary>
internal sealed partial class CertificateWatch : IDisposable
{
    private readonly IReadOnlyList<TlsIdentitySource> _sources;
    private readonly ILogger _logger;
    private readonly Lock _gate = new();
    private readonly ITimer _timer;

    public CertificateWatch(IReadOnlyList<TlsIdentitySource> sources, TimeSpan interval, TimeProvider time, ILogger logger)
    {
        (_sources, _logger) = (sources, logger);
        var period = sources.Count == 0 ? Timeout.InfiniteTimeSpan : interval;
        _timer = time.CreateTimer(static watch => ((CertificateWatch)watch!).Check(), this, period, period);
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
        catch (Exception e)
        {
            LogCheckFailed(e);
        }
        finally
        {
            _gate.Exit();
        }
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "Could not look at the certificate files")]
    private partial void LogCheckFailed(Exception exception);
}
