using System.Globalization;
using Starling.EndToEnd.Tests.Harness;

namespace Starling.EndToEnd.Tests;

/// <summary>The starling command line against a broker. Retained messages make it irrelevant who is there first.</summary>
public sealed class CommandLineTests(SharedBroker shared)
{
    private static readonly string[] Demo = ["-u", "demo", "-P", "demo"];

    private readonly BrokerProcess _broker = shared.Broker;

    [Theory]
    [InlineData("3.1")]
    [InlineData("3.1.1")]
    [InlineData("5")]
    public async Task Sub_prints_what_pub_published(string version)
    {
        var topic = "cli/" + version;
        string[] connection = ["-p", Port("tcp"), "-V", version, .. Demo];

        await using var publisher = Start(["pub", .. connection, "-t", topic, "-m", "grüße", "-q", "2", "-r"]);
        await publisher.SucceedAsync();
        await using var subscriber = Start(["sub", .. connection, "-t", topic, "-q", "2", "-C", "1", "-F", "%t|%p|%q|%r"]);

        (await subscriber.SucceedAsync()).ShouldBe([$"{topic}|grüße|2|1"]);
    }

    [Theory]
    [InlineData("mqtts", "tls", "")]
    [InlineData("ws", "ws", "/mqtt")]
    [InlineData("wss", "wss", "/mqtt")]
    public async Task Pub_and_sub_work_over_every_transport(string scheme, string listener, string path)
    {
        string[] connection = ["-L", $"{scheme}://demo:demo@localhost:{Port(listener)}{path}", .. listener == "ws" ? [] : new[] { "--cafile", _broker.CaFile }];

        await using var publisher = Start(["pub", .. connection, "-t", "cli/" + scheme, "-m", "hello", "-q", "1", "-r"]);
        await publisher.SucceedAsync();
        await using var subscriber = Start(["sub", .. connection, "-t", "cli/" + scheme, "-C", "1", "-v"]);

        (await subscriber.SucceedAsync()).ShouldBe([$"cli/{scheme} hello"]);
    }

    [Fact]
    public async Task Sub_ends_when_nobody_reads_its_output_any_more()
    {
        await using var publisher = Start(["pub", "-p", Port("tcp"), .. Demo, "-t", "cli/head", "-m", "hello", "-r"]);
        await publisher.SucceedAsync();
        const string Pipe = """dotnet "$0" sub -p "$1" -u demo -P demo -t cli/head | head -n 1""";

        await using var pipe = ChildProcess.Start("sh", ["-c", Pipe, Installation.CommandLine, Port("tcp")], () => _broker.Story);

        (await pipe.SucceedAsync()).ShouldBe(["hello"]);
    }

    [Fact]
    public async Task Wrong_password_is_one_line_and_a_failure()
    {
        await using var publisher = Start(["pub", "-p", Port("tcp"), "-u", "demo", "-P", "guess", "-t", "cli/refused", "-m", "x"]);

        var lines = await publisher.ExitAsync();

        publisher.ExitCode.ShouldNotBe(0);
        lines.ShouldHaveSingleItem();
    }

    [Fact]
    public async Task Password_set_by_passwd_is_the_one_that_logs_in()
    {
        await using var broker = await BrokerProcess.StartAsync();
        var demo = new Mosquitto(broker);

        await using var passwd = Start(["passwd", "demo", "--file", broker.TenantsFile, "--tenant", "demo", "--password-stdin"]);
        await passwd.WriteLineAsync("a new one");
        await passwd.SucceedAsync();
        await broker.LogLineAsync("tenants loaded");
        await broker.LogLineAsync("tenants loaded");

        await (demo with { Password = "a new one" }).PublishAsync("cli/passwd", "x", "-q", "1");
        await using var old = demo.StartPublish("cli/passwd", "x");
        await old.ExitAsync();
        old.ExitCode.ShouldNotBe(0);
    }

    [Fact]
    public async Task Tenant_check_accepts_the_file_that_the_broker_runs_with()
    {
        await using var check = Start(["tenant", "check", _broker.TenantsFile]);

        (await check.SucceedAsync()).ShouldContain(line => line.Contains("3 tenants", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Tenant_check_names_the_line_of_a_mistake()
    {
        var file = Path.GetTempFileName();
        await File.WriteAllTextAsync(file, "{\n  \"tenants\": {\n    \"demo\": { \"userz\": {} }\n  }\n}\n", TestContext.Current.CancellationToken);

        await using var check = Start(["tenant", "check", file]);
        var lines = await check.ExitAsync();
        File.Delete(file);

        check.ExitCode.ShouldNotBe(0);
        lines.ShouldHaveSingleItem().ShouldStartWith($"{file}:3:");
    }

    private string Port(string listener) => _broker.Ports[listener].ToString(CultureInfo.InvariantCulture);

    private ChildProcess Start(string[] arguments) => ChildProcess.Start("dotnet", [Installation.CommandLine, .. arguments], () => _broker.Story);
}
