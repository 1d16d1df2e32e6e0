using System.Diagnostics.Metrics;
using Starling.Broker.Collections;
using Starling.Broker.Metrics;
using Starling.Broker.Tenants;
using Starling.Broker.Tenants.Access;
using Starling.Testing;

namespace Starling.Broker.Tests.Tenants;

/// <summary>A directory with a clock of its own, and what its meter counted.</summary>
internal sealed class House : IDisposable
{
    private readonly Meter _meter = new("test");
    private readonly MeterListener _listener = new();
    private readonly Dictionary<string, long> _counts = [];

    public House(params TenantOptions[] tenants)
    {
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (instrument.Meter == _meter)
                listener.EnableMeasurementEvents(instrument);
        };
        _listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) => Count(instrument.Name, value, tags));
        _listener.Start();
        Metrics = new(_meter);
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
        lock (_counts)
            return _counts.GetValueOrDefault(key);
    }

    public static ValueList<AclRule> Rules(params string[] lines) => [.. lines.Select(Rule)];

    public void Dispose()
    {
        _listener.Dispose();
        _meter.Dispose();
    }

    /// <summary><c>allow subscribe a/#</c>.</summary>
    private static AclRule Rule(string line)
    {
        var words = line.Split(' ', 3);
        return new(words[0] == "allow", Enum.Parse<AclActions>(words[1], ignoreCase: true), AclPattern.Parse(words[2]));
    }

    private void Count(string name, long value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        var key = $"{name}{{{string.Join(',', tags.ToArray().Select(tag => $"{tag.Key}={tag.Value}"))}}}";
        lock (_counts)
            _counts[key] = _counts.GetValueOrDefault(key) + value;
    }
}
