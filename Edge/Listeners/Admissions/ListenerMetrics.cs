using System.Diagnostics.Metrics;

namespace Starling.Edge.Listeners.Admissions;

/// <summary>What is counted before a connection speaks MQTT.</summary>
internal sealed class ListenerMetrics
{
    public const string MeterName = "Starling.Edge.Listeners";

    private readonly Meter _meter;
    private readonly Counter<long> _accepted;
    private readonly Counter<long> _refused;
    private readonly Counter<long> _textFrames;
    private readonly UpDownCounter<long> _open;

    public ListenerMetrics(IMeterFactory meters)
    {
        _meter = meters.Create(MeterName);
        _accepted = _meter.CreateCounter<long>("starling.listener.accepted", description: "Connections accepted by the operating system.");
        _refused = _meter.CreateCounter<long>("starling.listener.refused", description: "Connections closed before their CONNECT was accepted, by reason.");
        _textFrames = _meter.CreateCounter<long>("starling.listener.text_frames", description: "Connections closed for a WebSocket frame that was not binary.");
        _open = _meter.CreateUpDownCounter<long>("starling.listener.open", description: "Connections open, with or without CONNECT.");
    }

    public void Accepted(string listener) => _accepted.Add(1, new KeyValuePair<string, object?>("listener", listener));

    public void Opened(string listener) => _open.Add(1, new KeyValuePair<string, object?>("listener", listener));

    public void Closed(string listener) => _open.Add(-1, new KeyValuePair<string, object?>("listener", listener));

    public void Refused(string listener, string reason) =>
        _refused.Add(1, new KeyValuePair<string, object?>("listener", listener), new KeyValuePair<string, object?>("reason", reason));

    public void TextFrame(string listener) => _textFrames.Add(1, new KeyValuePair<string, object?>("listener", listener));

    public void ObserveHalfOpen(Func<int> count) =>
        _meter.CreateObservableGauge("starling.listener.half_open", count, description: "Connections whose CONNECT was not accepted yet.");

    /// <param name="maximum">What the settings and the limit of open files allow.</param>
    public void ObserveMaximum(int maximum) =>
        _meter.CreateObservableGauge("starling.listener.connections_maximum", () => maximum, description: "Connections that may be open at once.");

    /// <summary>Certificates by listener and file, with the time they end.</summary>
    public void ObserveCertificates(Func<IEnumerable<(string Listener, string File, DateTimeOffset NotAfter)>> certificates) =>
        _meter.CreateObservableGauge(
            "starling.listener.certificate_expiry_timestamp_seconds",
            () => certificates().Select(certificate => new Measurement<double>(
                certificate.NotAfter.ToUnixTimeSeconds(),
                new KeyValuePair<string, object?>("listener", certificate.Listener),
                new KeyValuePair<string, object?>("file", certificate.File))),
            description: "When the certificate in use ends, in seconds since 1970.");
}
