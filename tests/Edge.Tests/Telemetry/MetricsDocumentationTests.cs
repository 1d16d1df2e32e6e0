using System.Diagnostics.Metrics;
using Microsoft.Extensions.DependencyInjection;
using Starling.Edge.Configuration;
using Starling.Edge.Hosting;
using Starling.Edge.Tests.Listeners;
using Starling.Hosting.Configuration;
using Starling.Hosting.Telemetry.Prometheus;
using Starling.Testing.Metrics;

namespace Starling.Edge.Tests.Telemetry;

/// <summary>docs/metrics.md against a standalone broker; Silo.Tests compares what only silos and edges of a cluster have.</summary>
public sealed class MetricsDocumentationTests : IAsyncLifetime
{
    private readonly PublishedInstruments _instruments = new();
    private EdgeHost _host = null!;

    public async ValueTask InitializeAsync()
    {
        var options = new EdgeOptions
        {
            Listeners = [TestBroker.Listener(ListenerType.Tcp) with { Tenant = "demo" }],
            Management = new ManagementOptions { Port = 0 },
            Logging = new() { Level = Microsoft.Extensions.Logging.LogLevel.None },
        };
        _host = await EdgeHost.StartAsync(options, services => BrokerServices.Add(options, services), cancellation: TestContext.Current.CancellationToken);
    }

    public async ValueTask DisposeAsync()
    {
        await _host.DisposeAsync();
        _instruments.Dispose();
    }

    [Theory]
    [InlineData("Starling.Broker")]
    [InlineData("Starling.Edge.Listeners")]
    [InlineData("Starling.Accepting")]
    [InlineData("Starling.Process")]
    [InlineData("System.Runtime")]
    public void Every_instrument_is_in_the_documentation_and_nothing_else(string meter)
    {
        var meters = _host.Services.GetRequiredService<IMeterFactory>();
        var instruments = _instruments.Of(meter, meters).Where(instrument => meter != "System.Runtime" || instrument.Name != "dotnet.gc.collections");

        DocumentedMetric.Sections[meter].Select(row => (row.Name, row.Instrument, row.Type, row.Unit)).ShouldBe(
            instruments.Select(instrument => (
                PrometheusNames.Of(meter, instrument.Name, instrument.Unit, PublishedInstruments.TypeOf(instrument) == "counter"),
                instrument.Name,
                PublishedInstruments.TypeOf(instrument),
                instrument.Unit ?? "")),
            ignoreOrder: true);
    }

    [Fact]
    public async Task What_a_scrape_shows_has_the_documented_type_and_labels()
    {
        using var http = new HttpClient();
        var text = await http.GetStringAsync(new Uri($"http://{_host.ManagementEndpoint}/metrics"), TestContext.Current.CancellationToken);

        var scraped = ScrapedMetrics.Read(text);
        scraped.Count.ShouldBeGreaterThan(40);
        foreach (var family in scraped)
        {
            var documented = DocumentedMetric.All.SingleOrDefault(row => row.Name == family.Name).ShouldNotBeNull(family.Name);
            documented.Type.ShouldBe(family.Type, family.Name);
            family.Labels.ShouldBeSubsetOf(documented.Labels, family.Name);
        }
    }
}
