using System.Collections.Concurrent;
using System.Diagnostics.Metrics;

namespace Starling.Testing.Metrics;

/// <summary>The instruments of a host in this process, and those that belong to no host.</summary>
public sealed class PublishedInstruments : IDisposable
{
    private readonly MeterListener _listener = new();
    private readonly ConcurrentQueue<Instrument> _instruments = new();

    public PublishedInstruments()
    {
        _listener.InstrumentPublished = (instrument, _) => _instruments.Enqueue(instrument);
        _listener.Start();
    }

    /// <param name="meter">The name of the meter.</param>
    /// <param name="host">Whose meters count.</param>
    public IEnumerable<Instrument> Of(string meter, IMeterFactory host) =>
        _instruments.Where(instrument => instrument.Meter.Name == meter && (instrument.Meter.Scope is null || instrument.Meter.Scope == host)).DistinctBy(instrument => instrument.Name);

    /// <summary>What Prometheus calls such an instrument.</summary>
    public static string TypeOf(Instrument instrument)
    {
        var type = instrument.GetType().GetGenericTypeDefinition();
        return type == typeof(Histogram<>) ? "histogram" : type == typeof(Counter<>) || type == typeof(ObservableCounter<>) ? "counter" : "gauge";
    }

    public void Dispose() => _listener.Dispose();
}
