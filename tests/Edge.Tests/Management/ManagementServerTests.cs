using System.Globalization;
using System.Net;
using System.Text.Json;
using System.Text.RegularExpressions;
using Microsoft.Extensions.DependencyInjection;
using Starling.Edge.Configuration;
using Starling.Edge.Connections;
using Starling.Edge.Hosting;
using Starling.Edge.Tests.Listeners;
using Starling.Hosting.Management;

namespace Starling.Edge.Tests.Management;

public sealed partial class ManagementServerTests
{
    private static readonly ListenerOptions Tcp = TestBroker.Listener(ListenerType.Tcp);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_running_broker_is_healthy_and_ready()
    {
        await using var broker = await TestBroker.StartAsync(Tcp);
        (await broker.SendAsync("/healthz")).StatusCode.ShouldBe(HttpStatusCode.OK);
        var ready = await broker.SendAsync("/readyz");
        ready.StatusCode.ShouldBe(HttpStatusCode.OK);
        (await ready.Content.ReadAsStringAsync(Token)).Trim().ShouldBe("""{"ready":true,"reasons":{}}""");
    }

    [Fact]
    public async Task A_draining_broker_is_healthy_but_not_ready()
    {
        await using var broker = await TestBroker.StartAsync(Tcp);
        await broker.Host.StopAsync();
        (await broker.SendAsync("/healthz")).StatusCode.ShouldBe(HttpStatusCode.OK);
        (await ReasonsAsync(broker)).ShouldBe(new() { ["lifecycle"] = "draining" });
    }

    [Fact]
    public async Task A_broker_is_not_ready_while_it_starts()
    {
        var options = new EdgeOptions { Listeners = [Tcp], Management = new() { Port = 0 }, Logging = new() { Level = Microsoft.Extensions.Logging.LogLevel.None } };
        var probe = new StartProbe();
        await using var host = await EdgeHost.StartAsync(
            options, services => services.AddSingleton<IClientHandler>(new TestHandler()).AddSingleton(probe).AddHostedService<StartProbe.Service>(), cancellation: Token);
        probe.Seen.Where(reason => reason is not null).ShouldBe(["starting"]);
    }

    [Fact]
    public async Task What_is_registered_as_a_check_counts()
    {
        var check = new Check { NotReadyReason = "no database" };
        var options = new EdgeOptions { Listeners = [Tcp], Management = new() { Port = 0 }, Logging = new() { Level = Microsoft.Extensions.Logging.LogLevel.None } };
        await using var host = await EdgeHost.StartAsync(
            options, services => services.AddSingleton<IReadinessCheck>(check).AddSingleton<IClientHandler>(new TestHandler()), cancellation: Token);
        using var http = new HttpClient();
        var response = await http.GetAsync(new Uri($"http://{host.ManagementEndpoint}/readyz"), Token);
        response.StatusCode.ShouldBe(HttpStatusCode.ServiceUnavailable);
        (await response.Content.ReadAsStringAsync(Token)).Trim().ShouldBe("""{"ready":false,"reasons":{"store":"no database"}}""");
        check.NotReadyReason = null;
        (await http.GetAsync(new Uri($"http://{host.ManagementEndpoint}/readyz"), Token)).StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    [Theory]
    [InlineData("evil.example.com", false)]
    [InlineData("localhost:8080", true)]
    [InlineData("192.0.2.7:8080", true)]
    [InlineData("[2001:db8::1]:8080", true)]
    [InlineData("Edge1.example.com.:8080", true)]
    [InlineData("a.metrics.example.com", true)]
    [InlineData("metrics.example.com", false)]
    public async Task A_host_name_that_is_not_allowed_gets_no_answer(string name, bool allowed)
    {
        var options = new EdgeOptions
        {
            Listeners = [Tcp],
            Management = new() { Port = 0, AllowedHosts = ["edge1.example.com", "*.metrics.example.com"] },
            Logging = new() { Level = Microsoft.Extensions.Logging.LogLevel.None },
        };
        await using var host = await EdgeHost.StartAsync(options, services => services.AddSingleton<IClientHandler>(new TestHandler()), cancellation: Token);
        using var http = new HttpClient();

        foreach (var path in (string[])["/metrics", "/readyz"])
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, new Uri($"http://{host.ManagementEndpoint}{path}"));
            request.Headers.Host = name;
            (await http.SendAsync(request, Token)).StatusCode.ShouldBe(allowed ? HttpStatusCode.OK : HttpStatusCode.MisdirectedRequest);
        }
    }

    [Fact]
    public async Task A_warning_is_told_and_leaves_the_broker_ready()
    {
        var check = new Check { Warning = "look at me" };
        var options = new EdgeOptions { Listeners = [Tcp], Management = new() { Port = 0 }, Logging = new() { Level = Microsoft.Extensions.Logging.LogLevel.None } };
        await using var host = await EdgeHost.StartAsync(
            options, services => services.AddSingleton<IReadinessCheck>(check).AddSingleton<IClientHandler>(new TestHandler()), cancellation: Token);
        using var http = new HttpClient();

        var response = await http.GetAsync(new Uri($"http://{host.ManagementEndpoint}/readyz"), Token);

        response.StatusCode.ShouldBe(HttpStatusCode.OK);
        (await response.Content.ReadAsStringAsync(Token)).Trim().ShouldBe("""{"ready":true,"reasons":{},"warnings":{"store":"look at me"}}""");
    }

    /// <summary>A histogram's samples are named so.</summary>
    private static readonly string[] Suffixes = ["_bucket", "_sum", "_count"];

    [Fact]
    public async Task Every_line_of_the_metrics_is_well_formed_and_every_sample_has_its_type()
    {
        await using var broker = await TestBroker.StartAsync(Tcp);
        await using var client = await broker.ConnectAsync();
        await client.EchoAsync("x");
        var response = await broker.SendAsync("/metrics");
        response.Content.Headers.ContentType!.ToString().ShouldBe("text/plain; version=0.0.4; charset=utf-8");
        var types = new HashSet<string>();
        foreach (var line in (await response.Content.ReadAsStringAsync(Token)).TrimEnd('\n').Split('\n'))
        {
            if (line.StartsWith("# TYPE ", StringComparison.Ordinal))
            {
                types.Add(line.Split(' ')[2]).ShouldBeTrue(line);
            }
            else if (!line.StartsWith("# HELP ", StringComparison.Ordinal))
            {
                var sample = Sample().Match(line);
                sample.Success.ShouldBeTrue(line);
                var name = sample.Groups["name"].Value;
                types.Overlaps([name, .. Suffixes.Where(name.EndsWith).Select(suffix => name[..^suffix.Length])]).ShouldBeTrue(line);
                double.Parse(sample.Groups["value"].Value, CultureInfo.InvariantCulture);
            }
        }
        types.ShouldContain("starling_listener_accepted_total");
        types.ShouldContain("process_cpu_seconds_total");
    }

    [Fact]
    public async Task Other_paths_are_not_found()
    {
        await using var broker = await TestBroker.StartAsync(Tcp);
        (await broker.SendAsync("/")).StatusCode.ShouldBe(HttpStatusCode.NotFound);
    }

    private static async Task<Dictionary<string, string>> ReasonsAsync(TestBroker broker)
    {
        var response = await broker.SendAsync("/readyz");
        response.StatusCode.ShouldBe(HttpStatusCode.ServiceUnavailable);
        using var json = JsonDocument.Parse(await response.Content.ReadAsStringAsync(Token));
        return json.RootElement.GetProperty("reasons").Deserialize<Dictionary<string, string>>()!;
    }

    [GeneratedRegex("""^(?<name>[a-zA-Z_:][a-zA-Z0-9_:]*)(\{([a-z_]+="([^"\\]|\\.)*",?)*\})? (?<value>[-+.0-9eE]+)$""")]
    private static partial Regex Sample();

    /// <summary>What the readiness checks say while hosted services start, which is before the listeners open.</summary>
    private sealed class StartProbe
    {
        public List<string?> Seen { get; } = [];

        public sealed class Service(StartProbe probe, IEnumerable<IReadinessCheck> checks) : Microsoft.Extensions.Hosting.BackgroundService
        {
            public override Task StartAsync(CancellationToken cancellationToken)
            {
                probe.Seen.AddRange(checks.Select(check => check.NotReadyReason));
                return Task.CompletedTask;
            }

            protected override Task ExecuteAsync(CancellationToken stoppingToken) => Task.CompletedTask;
        }
    }

    private sealed class Check : IReadinessCheck
    {
        public string Name => "store";

        public string? NotReadyReason { get; set; }

        public string? Warning { get; init; }
    }
}
