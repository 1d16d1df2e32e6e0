using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.DependencyInjection;
using Starling.Edge.Connections;
using Starling.Edge.Hosting;
using Starling.Edge.Tests.Listeners;

namespace Starling.Edge.Tests.Hosting;

public sealed class EdgeProgramTests : IDisposable
{
    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("starling-tests-");
    private readonly WelcomeWriter _output = new();
    private readonly StringWriter _error = new();

    public void Dispose() => _directory.Delete(recursive: true);

    [Fact]
    public async Task A_broker_that_is_told_to_stop_exits_with_0()
    {
        (await RunAsync([.. FreePorts, "--set", $"dataDirectory={_directory.FullName}", "--set", "logging.level=none"])).ShouldBe(0);
        _error.ToString().ShouldBeEmpty();
    }

    [Fact]
    public async Task The_development_defaults_print_commands_to_paste()
    {
        await RunAsync([.. FreePorts, "--set", $"dataDirectory={_directory.FullName}", "--set", "logging.level=none"]);
        var text = _output.ToString();
        text.ShouldContain("mosquitto_sub -h localhost -p ");
        text.ShouldContain("mosquitto_pub -h localhost -p ");
        text.ShouldContain($"--cafile '{Path.Combine(_directory.FullName, "development-ca.pem")}'");
        text.ShouldContain("npx mqtt pub -l ws");
        File.Exists(Path.Combine(_directory.FullName, "development-ca.pem")).ShouldBeTrue();
    }

    [Fact]
    public async Task The_development_key_is_for_its_owner_only()
    {
        await RunAsync([.. FreePorts, "--set", $"dataDirectory={_directory.FullName}", "--set", "logging.level=none"]);
        if (!OperatingSystem.IsWindows())
            File.GetUnixFileMode(Path.Combine(_directory.FullName, "development.key")).ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite);
    }

    [Fact]
    public async Task The_development_certificate_is_kept()
    {
        string[] args = [.. FreePorts, "--set", $"dataDirectory={_directory.FullName}", "--set", "logging.level=none"];
        await RunAsync(args);
        var first = await File.ReadAllTextAsync(Path.Combine(_directory.FullName, "development.pem"), TestContext.Current.CancellationToken);
        await RunAsync(args);
        (await File.ReadAllTextAsync(Path.Combine(_directory.FullName, "development.pem"), TestContext.Current.CancellationToken)).ShouldBe(first);
    }

    [Fact]
    public async Task A_port_in_use_is_told_in_one_line()
    {
        using var taken = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        taken.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        taken.Listen();
        var port = ((IPEndPoint)taken.LocalEndPoint!).Port;
        (await RunAsync("--set", $$"""listeners=[{"name":"tcp","type":"tcp","port":{{port}}}]""", "--set", "management=null")).ShouldBe(1);
        _error.ToString().ShouldBe($"starling: cannot listen on 127.0.0.1:{port} (listener \"tcp\"): address already in use\n");
    }

    [Fact]
    public async Task A_management_port_in_use_is_told_in_one_line()
    {
        using var taken = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        taken.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        taken.Listen();
        var port = ((IPEndPoint)taken.LocalEndPoint!).Port;
        (await RunAsync("--set", """listeners=[{"type":"tcp","port":0}]""", "--set", $"management.port={port}")).ShouldBe(1);
        _error.ToString().ShouldBe($"starling: cannot listen on 127.0.0.1:{port} (management): address already in use\n");
    }

    [Fact]
    public async Task A_wrong_setting_is_told_in_one_line_with_file_and_line()
    {
        var file = Path.Combine(_directory.FullName, "starling.json");
        await File.WriteAllTextAsync(file, "{ \"listeners\": [\n { \"type\": \"tcp\", \"port\": 70000 } ] }", TestContext.Current.CancellationToken);
        (await RunAsync("--config", file)).ShouldBe(2);
        _error.ToString().ShouldBe($"starling: {file}:2: listeners[0].port: 70000 is out of range; expected 0 to 65535\n");
    }

    [Fact]
    public async Task An_unreadable_certificate_is_told_in_one_line_with_file_and_line()
    {
        var file = Path.Combine(_directory.FullName, "starling.json");
        await File.WriteAllTextAsync(
            file, "{ \"listeners\": [ { \"type\": \"tls\", \"port\": 0, \"tls\": { \"certificates\": [\n { \"file\": \"none.pem\" } ] } } ] }", TestContext.Current.CancellationToken);
        (await RunAsync("--config", file)).ShouldBe(2);
        _error.ToString().ShouldStartWith($"starling: {file}:2: listeners[0].tls.certificates[0].file: cannot use certificate \"none.pem\"");
        _error.ToString().Count(c => c == '\n').ShouldBe(1);
    }

    [Theory]
    [InlineData("--foo", "command line: --foo: there is no such option; see --help")]
    [InlineData("--foo=x", "command line: --foo: there is no such option; see --help")]
    [InlineData("foo", "command line: foo: there is no such option; see --help")]
    [InlineData("--config", "command line: Required argument missing for option: '--config'; see --help")]
    [InlineData("--set=x", "--set: x: expected --set SETTING=VALUE, such as --set limits.connectTimeout=5s")]
    public async Task A_wrong_option_is_told_in_one_line(string option, string problem)
    {
        (await RunAsync(option)).ShouldBe(2);
        _error.ToString().ShouldBe($"starling: {problem}\n");
    }

    [Fact]
    public async Task A_value_with_an_at_sign_is_not_a_file_of_options()
    {
        (await RunAsync("--config", "@starling.json")).ShouldBe(2);
        _error.ToString().ShouldBe("starling: @starling.json: there is no such file\n");
    }

    [Theory]
    [InlineData("--help", "--config <FILE>")]
    [InlineData("-h", "--set <SETTING=VALUE>")]
    [InlineData("--help", "Exit codes: ")]
    [InlineData("--version", "0.")]
    public async Task Help_and_version_are_printed(string option, string text)
    {
        (await RunAsync(option)).ShouldBe(0);
        _output.ToString().ShouldContain(text);
    }

    private static string[] FreePorts =>
        ["--set", "listeners.0.port=0", "--set", "listeners.1.port=0", "--set", "listeners.2.port=0", "--set", "listeners.3.port=0", "--set", "management.port=0"];

    [Fact]
    public async Task A_broker_that_is_told_to_stop_while_it_waits_for_its_database_ends()
    {
        using var taken = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        taken.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        var nowhere = $"Host=127.0.0.1;Port={((IPEndPoint)taken.LocalEndPoint!).Port};Database=starling;Username=starling";
        string[] args = [.. FreePorts, "--set", $"storage.connectionString={nowhere}", "--set", "storage.startTimeout=1h", "--set", "logging.level=none"];
        (await Program().RunAsync(args, Task.CompletedTask).WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken)).ShouldBe(0);
        _error.ToString().ShouldBeEmpty();
    }

    /// <summary>Told to stop as soon as it runs.</summary>
    private Task<int> RunAsync(params string[] args) => Program().RunAsync(args, _output.Written);

    private EdgeProgram Program() => new(_output, _error, (_, services) => services.AddSingleton<IClientHandler>(new TestHandler()));

    /// <summary>Tells when something was written to it, as a broker that runs does.</summary>
    private sealed class WelcomeWriter : StringWriter
    {
        private readonly TaskCompletionSource _written = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task Written => _written.Task;

        public override Task WriteAsync(string? value)
        {
            Write(value);
            _written.TrySetResult();
            return Task.CompletedTask;
        }
    }
}
