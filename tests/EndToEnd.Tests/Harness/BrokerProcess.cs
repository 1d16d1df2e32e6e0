using System.Net;
using System.Text.RegularExpressions;

namespace Starling.EndToEnd.Tests.Harness;

/// <summary>A broker of its own, with any free ports, its files in a temporary folder.</summary>
internal sealed partial class BrokerProcess : IAsyncDisposable
{
    private static readonly HttpClient Http = new() { Timeout = ChildProcess.Patience };

    private readonly ChildProcess _process;
    private readonly Dictionary<string, int> _ports = [];
    private readonly Func<string> _background;
    private BrokerProcess[] _edges;
    private uint _clients;
    private bool _over;
    private bool _changed;

    private BrokerProcess(string folder, BrokerSetup setup)
    {
        Folder = folder;
        _background = setup.Background;
        _edges = [this];
        string[] command = ["dotnet", Installation.Broker, "--config", Path.Combine(folder, "config.json")];
        if (setup.OpenFiles is { } files)
            command = ["sh", "-c", $"ulimit -n {files}; exec \"$@\"", "sh", .. command];
        _process = ChildProcess.Start(command[0], command[1..], setup.Background, environment: setup.Environment);
    }

    public string Folder { get; }

    /// <summary>By listener name, and <c>management</c>.</summary>
    public IReadOnlyDictionary<string, int> Ports => _ports;

    public ProcessFigures Figures => new(_process.Id);

    public string TenantsFile => Path.Combine(Folder, "tenants.json");

    /// <summary>What clients trust.</summary>
    public string CaFile => Path.Combine(Folder, "data", "development-ca.pem");

    public int ProcessId => _process.Id;

    /// <summary>What the broker has said so far.</summary>
    public string[] Log => _process.Output.Lines;

    /// <summary>What the broker has said, for messages of failed tests.</summary>
    public string Story =>
        string.Concat(_edges.Select(edge => $"the broker's log:\n{ChildProcess.Indent(edge._process.Output.Lines.TakeLast(200))}")) + _background();

    public static async Task<BrokerProcess> StartAsync(BrokerSetup? setup = null)
    {
        setup ??= new BrokerSetup();
        var folder = Directory.CreateTempSubdirectory("starling-").FullName;
        await File.WriteAllTextAsync(Path.Combine(folder, "tenants.json"), setup.Tenants);
        await File.WriteAllTextAsync(Path.Combine(folder, "config.json"), setup.Configuration);
        var broker = new BrokerProcess(folder, setup);
        try
        {
            await broker.BecomeReadyAsync();
            return broker;
        }
        catch
        {
            broker._over = true;
            await broker.DisposeAsync();
            throw;
        }
    }

    /// <summary>A broker on the same ports and files, after this one is over.</summary>
    public async Task<BrokerProcess> StartAgainAsync()
    {
        _over.ShouldBeTrue();
        return await StartAsync(new BrokerSetup { Ports = _ports, Tenants = await File.ReadAllTextAsync(TenantsFile) });
    }

    /// <summary>Clients are sent to it and to these by turns.</summary>
    public void ServeTogetherWith(IEnumerable<BrokerProcess> others) => _edges = [this, .. others];

    /// <summary>Where the next client is to go.</summary>
    public int PortForClient(string listener) => _edges[Interlocked.Increment(ref _clients) % _edges.Length].Ports[listener];

    public IPEndPoint EndPoint(string listener) => new(IPAddress.Loopback, _ports[listener]);

    /// <summary>Replaces the tenants as an editor does, by renaming over the old file, and waits until they hold.</summary>
    public async Task ChangeTenantsAsync(string tenants)
    {
        if (!_changed)
            await LogLineAsync("tenants loaded"); // at the start
        _changed = true;
        await File.WriteAllTextAsync(TenantsFile + ".new", tenants);
        File.Move(TenantsFile + ".new", TenantsFile, overwrite: true);
        await LogLineAsync("tenants loaded");
    }

    public Task<string> LogLineAsync(string text) => _process.LineAsync(text);

    public Task<HttpResponseMessage> GetAsync(string path) => Http.GetAsync(new Uri($"http://127.0.0.1:{Ports["management"]}{path}"));

    /// <summary>Stops it as an operator does; it has to end well.</summary>
    /// <param name="signal">TERM, or INT, which is Ctrl-C.</param>
    public async Task StopAsync(string signal = "TERM")
    {
        _over = true;
        await _process.SignalAsync(signal);
        await _process.SucceedAsync();
    }

    /// <param name="signal">Without SIG.</param>
    public Task SignalAsync(string signal) => _process.SignalAsync(signal);

    /// <summary><c>kill -9</c>.</summary>
    public async Task KillAsync()
    {
        _over = true;
        await _process.KillAsync();
    }

    public async ValueTask DisposeAsync()
    {
        try
        {
            if (!_over)
                await StopAsync();
        }
        finally
        {
            await _process.DisposeAsync();
            Directory.Delete(Folder, recursive: true);
        }
    }

    private async Task BecomeReadyAsync()
    {
        while (!_ports.ContainsKey("management"))
        {
            var listening = ListeningLine().Match(await _process.LineAsync(line => ListeningLine().IsMatch(line), "'Listening on ...'"));
            _ports[listening.Groups["name"].Value] = IPEndPoint.Parse(listening.Groups["endpoint"].Value).Port;
        }
        using var looks = new PeriodicTimer(TimeSpan.FromMilliseconds(20));
        for (var left = (int)(ChildProcess.Patience / looks.Period); left > 0; left--)
        {
            using var answer = await GetAsync("/readyz");
            if (answer.StatusCode == HttpStatusCode.OK)
                return;
            await looks.WaitForNextTickAsync();
        }
        throw _process.Failed("/readyz did not become 200");
    }

    [GeneratedRegex(@"Listening on (?<endpoint>\S+) \((?<name>[^)]+)\)")]
    private static partial Regex ListeningLine();
}
