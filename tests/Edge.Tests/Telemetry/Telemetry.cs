using System.Diagnostics.Metrics;
using System.Text;
using Microsoft.Extensions.DependencyInjection;
using Starling.Broker.Metrics;
using Starling.Broker.Tenants;
using Starling.Hosting.Configuration;
using Starling.Hosting.Telemetry;
using Starling.Hosting.Telemetry.Prometheus;
using Starling.Hosting.Tenants;
using Starling.Testing;

namespace Starling.Edge.Tests.Telemetry;

/// <summary>The metrics of a node without the rest of it.</summary>
internal sealed class Telemetry : IAsyncDisposable
{
    private readonly ServiceProvider _services;
    private readonly PrometheusExporter _exporter;

    public Telemetry(TelemetryOptions? options = null)
    {
        options ??= new TelemetryOptions();
        var services = new ServiceCollection();
        services.AddSingleton<TimeProvider>(Time);
        services.AddTelemetry(options, "starling-test", "1");
        services.AddTenants(options, file: null, inDatabase: false);
        _services = services.BuildServiceProvider();
        _exporter = _services.StartMetrics();
        Meter = _services.GetRequiredService<IMeterFactory>().Create("Starling.Test");
    }

    public ManualTime Time { get; } = new();

    public Meter Meter { get; }

    public IMeterFactory Meters => _services.GetRequiredService<IMeterFactory>();

    public PrometheusExporter Exporter => _exporter;

    public BrokerMetrics Broker => _services.GetRequiredService<BrokerMetrics>();

    public TenantDirectory Directory => _services.GetRequiredService<TenantDirectory>();

    /// <summary>Makes these the tenants, and counts something of each.</summary>
    public void Serve(params IEnumerable<string> tenants)
    {
        string[] names = [.. tenants];
        Directory.Apply(names.Select(name => new TenantOptions { Name = name }));
        foreach (var name in names)
            Broker.For(name).PublishReceived.Add(1);
    }

    /// <summary>Lines of a scrape that begin so, and those with the family's help and type when the prefix is no longer than its name.</summary>
    public async Task<List<string>> LinesAsync(string prefix)
    {
        var scraped = "";
        await _exporter.ScrapeAsync(
            text =>
            {
                scraped = Encoding.UTF8.GetString(text.Span);
                return Task.CompletedTask;
            },
            TestContext.Current.CancellationToken);
        string[] headers = prefix.EndsWith(' ') ? [] : ["# HELP " + prefix, "# TYPE " + prefix];
        return [.. scraped.Split('\n').Where(line => Array.Exists([prefix, .. headers], start => line.StartsWith(start, StringComparison.Ordinal)))];
    }

    public ValueTask DisposeAsync() => _services.DisposeAsync();
}
