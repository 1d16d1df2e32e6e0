using System.Diagnostics.Metrics;
using Starling.Broker.Collections;
using Starling.Broker.Metrics;
using Starling.Broker.Tenants;
using Starling.Broker.Tenants.Access;
using Starling.Testing;

namespace Starling.Broker.Tests.Tenants;

/// <summary>A directory with a clock of its own, and what is counted of it.</summary>
internal sealed class House : IDisposable
{
    private readonly OneMeter _meters = new();
    private readonly BrokerMetrics _metrics;

    public House(params TenantOptions[] tenants)
    {
        _metrics = new BrokerMetrics(_meters, time: Time);
        Metrics = new(_metrics);
        Directory = new(Time, Metrics);
        Directory.Apply(tenants);
    }

    public ManualTime Time { get; } = new();

    public TenantMetrics Metrics { get; }

    public TenantDirectory Directory { get; }

    public Tenant this[string name] => Directory.TryGet(name, out var tenant) ? tenant : throw new KeyNotFoundException(name);

    /// <summary>By instrument and tags: <c>starling.tenant.refusals{tenant=acme,limit=connections}</c>.</summary>
    public long Counted(string key)
    {
        var counted = 0L;
        using var listener = new MeterListener();
        listener.InstrumentPublished = (instrument, listener) =>
        {
            if (instrument.Meter.Scope == _meters)
                listener.EnableMeasurementEvents(instrument);
        };
        listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) =>
        {
            if ($"{instrument.Name}{{{string.Join(',', tags.ToArray().Select(tag => $"{tag.Key}={tag.Value}"))}}}" == key)
                counted = value;
        });
        listener.Start();
        listener.RecordObservableInstruments();
        return counted;
    }

    public static ValueList<AclRule> Rules(params string[] lines) => [.. lines.Select(Rule)];

    public void Dispose() => _metrics.Dispose();

    /// <summary><c>allow subscribe a/#</c>.</summary>
    private static AclRule Rule(string line)
    {
        var words = line.Split(' ', 3);
        return new(words[0] == "allow", Enum.Parse<AclActions>(words[1], ignoreCase: true), AclPattern.Parse(words[2]));
    }

    private sealed class OneMeter : IMeterFactory
    {
        public Meter Create(MeterOptions options) => new(new MeterOptions(options.Name) { Scope = this });

        public void Dispose()
        {
        }
    }
}
