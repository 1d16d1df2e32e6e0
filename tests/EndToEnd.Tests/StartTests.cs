using System.Globalization;
using System.Net;
using Starling.EndToEnd.Tests.Harness;

namespace Starling.EndToEnd.Tests;

public sealed class StartTests(SharedBroker shared)
{
    private readonly BrokerProcess _broker = shared.Broker;

    [Fact]
    public async Task Help_says_how_to_call_it()
    {
        await using var broker = ChildProcess.Start("dotnet", [Installation.Broker, "--help"]);

        (await broker.SucceedAsync()).ShouldContain(line => line.Contains("--config <FILE>", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Port_in_use_is_one_clear_line()
    {
        var port = _broker.Ports["tcp"].ToString(CultureInfo.InvariantCulture);

        var (code, line) = await RefusesAsync("--set", $$"""listeners=[{"type":"tcp","port":{{port}}}]""", "--set", "management=null");

        code.ShouldBe(1);
        line.ShouldContain($"127.0.0.1:{port}");
        line.ShouldContain("in use");
    }

    [Fact]
    public async Task Wrong_setting_is_one_line_that_names_file_line_and_setting()
    {
        var (code, line) = await RefusesFileAsync("config.json", """
            {
              "listeners": [
                { "type": "tcp", "prot": 1883 }
              ]
            }
            """);

        code.ShouldBe(2);
        line.ShouldContain("config.json:3");
        line.ShouldContain("prot");
    }

    [Fact]
    public async Task Configuration_that_is_not_JSON_is_one_line_that_names_file_and_line()
    {
        var (code, line) = await RefusesFileAsync("config.json", """
            {
              "listeners": [ }
            }
            """);

        code.ShouldBe(2);
        line.ShouldContain("config.json:2");
    }

    [Fact]
    public async Task Certificate_that_cannot_be_read_is_one_line_that_names_it()
    {
        var (code, line) = await RefusesFileAsync("config.json", """
            {
              "listeners": [ { "type": "tls", "port": 0, "tls": { "certificates": [ { "file": "missing.pem" } ] } } ],
              "management": null
            }
            """);

        code.ShouldNotBe(0);
        line.ShouldContain("missing.pem");
    }

    [Fact]
    public async Task Tenants_file_with_a_mistake_is_one_line_that_names_file_and_line()
    {
        var folder = Directory.CreateTempSubdirectory("starling-").FullName;
        try
        {
            await File.WriteAllTextAsync(Path.Combine(folder, "tenants.json"), """
                {
                  "tenants": {
                    "Demo!": { }
                  }
                }
                """, TestContext.Current.CancellationToken);

            var (code, line) = await RefusesAsync(
                "--set", """listeners=[{"type":"tcp","port":0}]""", "--set", "management=null", "--set", "tenantsFile=" + Path.Combine(folder, "tenants.json"));

            code.ShouldNotBe(0);
            line.ShouldContain("tenants.json:3");
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Fact]
    public async Task Health_readiness_and_metrics_are_served()
    {
        await new Mosquitto(_broker).PublishAsync("start/metrics", "x", "-q", "1");

        using var health = await _broker.GetAsync("/healthz");
        using var readiness = await _broker.GetAsync("/readyz");
        using var metrics = await _broker.GetAsync("/metrics");

        health.StatusCode.ShouldBe(HttpStatusCode.OK);
        readiness.StatusCode.ShouldBe(HttpStatusCode.OK);
        var text = await metrics.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        text.ShouldContain("# TYPE starling_listener_accepted_total counter");
        text.Split('\n').ShouldContain(line => line.StartsWith("starling_listener_accepted_total{", StringComparison.Ordinal)
            && line.Contains("listener=\"tcp\"", StringComparison.Ordinal) && !line.EndsWith(" 0", StringComparison.Ordinal));
    }

    private static async Task<(int Code, string Line)> RefusesFileAsync(string name, string text)
    {
        var folder = Directory.CreateTempSubdirectory("starling-").FullName;
        try
        {
            var file = Path.Combine(folder, name);
            await File.WriteAllTextAsync(file, text);
            return await RefusesAsync("--config", file);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static async Task<(int Code, string Line)> RefusesAsync(params string[] arguments)
    {
        await using var broker = ChildProcess.Start("dotnet", [Installation.Broker, .. arguments]);
        var lines = await broker.ExitAsync();
        return (broker.ExitCode, lines.ShouldHaveSingleItem());
    }
}
