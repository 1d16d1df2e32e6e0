using System.Diagnostics.Metrics;
using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using OpenTelemetry.Metrics;
using Starling.Hosting.Telemetry;
using Starling.Hosting.Telemetry.Prometheus;
using Starling.Silo.Configuration;
using Starling.Silo.Hosting;
using Starling.Testing.Metrics;
using Starling.Testing.PostgreSql;

namespace Starling.Silo.Tests.Processes;

/// <summary>docs/metrics.md against a silo in this process; <see cref="TelemetryTests"/> looks at what the processes of a cluster show.</summary>
public sealed class MetricsDocumentationTests(SharedPostgres postgres) : IAsyncLifetime
{
    private static readonly string[] Meters = ["Starling.Broker", "Starling.Cluster", "Starling.Process", "Starling.Storage", "Microsoft.Orleans", "Npgsql"];

    private readonly PublishedInstruments _instruments = new();
    private readonly string _tenants = Path.GetTempFileName();
    private SiloHost _silo = null!;

    public async ValueTask InitializeAsync()
    {
        await File.WriteAllTextAsync(_tenants, ClusterPlan.AcmeWith("{}"));
        _silo = await SiloHost.StartAsync(new SiloOptions
        {
            Cluster = new() { SiloPort = FreePort(), GatewayPort = FreePort() },
            Storage = new() { ConnectionString = await postgres.CreateDatabaseAsync() },
            TenantsFile = _tenants,
            Management = new() { Port = 0 },
            Logging = new() { Level = LogLevel.None },
        });
    }

    public async ValueTask DisposeAsync()
    {
        await _silo.DisposeAsync();
        _instruments.Dispose();
        File.Delete(_tenants);
    }

    /// <summary>Some are made when they are needed first: when the silo's grains have been called.</summary>
    [Fact]
    public async Task Every_instrument_of_a_silo_is_in_the_documentation_and_nothing_else()
    {
        using var pause = new PeriodicTimer(TimeSpan.FromMilliseconds(100));
        for (var tries = 100; Undocumented().Concat(Missing()).Any() && tries > 0; tries--)
            await pause.WaitForNextTickAsync(TestContext.Current.CancellationToken);

        Undocumented().ShouldBeEmpty();
        Missing().ShouldBeEmpty();
    }

    private IEnumerable<string> Undocumented() => Instruments().Except(Documented());

    private IEnumerable<string> Missing() => Documented().Except(Instruments());

    private static IEnumerable<string> Documented() =>
        Meters.SelectMany(meter => DocumentedMetric.Sections[meter]).Select(row => $"{row.Name} {row.Instrument} {row.Type} {row.Unit}");

    private IEnumerable<string> Instruments()
    {
        var meters = _silo.Services.GetRequiredService<IMeterFactory>();
        foreach (var instrument in Meters.SelectMany(meter => _instruments.Of(meter, meters)))
        {
            var type = PublishedInstruments.TypeOf(instrument);
            var name = PrometheusNames.Of(instrument.Meter.Name, instrument.Name, instrument.Unit, type == "counter");
            if (MetricViews.Of(instrument, meters, new()) != MetricStreamConfiguration.Drop)
                yield return $"{name} {instrument.Name} {type} {instrument.Unit}";
        }
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
