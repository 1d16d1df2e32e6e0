using System.Diagnostics;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace Starling.Durability.Faults;

/// <summary>The broker as a process, again and again on the same port and database; what it writes goes to one log file.</summary>
/// <param name="folder">Takes its files.</param>
/// <param name="connectionString">Of its database.</param>
internal sealed partial class BrokerProcess(string folder, string connectionString) : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly StreamWriter _log = new(Path.Combine(folder, "broker.log")) { AutoFlush = true };
    private readonly Lock _logGate = new();
    private Process? _process;
    private Task _output = Task.CompletedTask;
    private TaskCompletionSource<int> _listening = new();

    public int Port { get; private set; }

    /// <summary>Starts it, without waiting until it listens.</summary>
    public void Start()
    {
        Log("--- start");
        var start = new ProcessStartInfo("dotnet", [Repository.Broker, "--config", Configuration()]) { RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var name in start.Environment.Keys.Where(name => name.StartsWith("STARLING", StringComparison.OrdinalIgnoreCase)).ToList())
            start.Environment.Remove(name);
        var listening = _listening = new(TaskCreationOptions.RunContinuationsAsynchronously);
        _process = Process.Start(start) ?? throw new InvalidOperationException("dotnet did not start");
        _output = Task.WhenAll(ReadAsync(_process.StandardOutput, listening), ReadAsync(_process.StandardError, listening));
        _ = _output.ContinueWith(_ => listening.TrySetResult(0), TaskScheduler.Default);
    }

    /// <summary>Waits until it listens.</summary>
    /// <exception cref="InvalidOperationException">It ended instead.</exception>
    public async Task ReadyAsync()
    {
        var port = await _listening.Task.WaitAsync(Patience);
        Port = port != 0 ? port : throw new InvalidOperationException($"the broker ended, see {folder}/broker.log");
    }

    /// <summary><c>kill -9</c>, also of one that does not listen yet.</summary>
    public async Task KillAsync()
    {
        if (_process is not { } process)
            return;
        process.Kill();
        await process.WaitForExitAsync();
        await _output;
        process.Dispose();
        _process = null;
        Log("--- killed");
    }

    public async ValueTask DisposeAsync()
    {
        await KillAsync();
        await _log.DisposeAsync();
    }

    /// <summary>On a port of its own at first, and then always on this one.</summary>
    private string Configuration()
    {
        File.WriteAllText(Path.Combine(folder, "tenants.json"), """{ "tenants": { "demo": { "anonymous": { "acl": [{ "allow": "all", "filter": "#" }] } } } }""");
        var file = Path.Combine(folder, "starling.json");
        File.WriteAllText(file, JsonSerializer.Serialize(new
        {
            listeners = new[] { new { type = "tcp", port = Port, tenant = "demo" } },
            management = (object?)null,
            tenantsFile = "tenants.json",
            dataDirectory = "data",
            storage = new { connectionString },
        }));
        return file;
    }

    private async Task ReadAsync(StreamReader reader, TaskCompletionSource<int> listening)
    {
        while (await reader.ReadLineAsync() is { } line)
        {
            Log(line);
            if (ListeningLine().Match(line) is { Success: true } found)
                listening.TrySetResult(int.Parse(found.Groups["port"].ValueSpan, System.Globalization.CultureInfo.InvariantCulture));
        }
    }

    private void Log(string line)
    {
        lock (_logGate)
            _log.WriteLine(line);
    }

    [GeneratedRegex(@"Listening on \S+:(?<port>\d+) ")]
    private static partial Regex ListeningLine();
}
