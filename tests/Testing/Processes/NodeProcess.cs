using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace Starling.Testing.Processes;

/// <summary>A program of ours as a process, again and again on the same port; what it writes goes to one log file.</summary>
/// <param name="name">Of its files.</param>
/// <param name="program">The assembly that is run.</param>
/// <param name="folder">Takes its files.</param>
/// <param name="configuration">Its settings, for a port: 0 at first, so that it finds one of its own, and then always the one it found.</param>
public sealed partial class NodeProcess(string name, string program, string folder, Func<int, object> configuration) : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly StreamWriter _log = new(Path.Combine(folder, $"{name}.log")) { AutoFlush = true };
    private readonly Lock _logGate = new();
    private Process? _process;
    private Task _output = Task.CompletedTask;
    private TaskCompletionSource<int> _listening = new();

    public string Name => name;

    /// <summary>0 while it does not run.</summary>
    public int ProcessId => _process?.Id ?? 0;

    /// <summary>It was started and has ended by itself.</summary>
    public bool HasEnded => _process?.HasExited == true;

    /// <summary>Where it writes.</summary>
    public string LogFile => Path.Combine(folder, $"{name}.log");

    public int Port { get; private set; }

    public bool IsRunning => _process is not null;

    /// <summary>Starts it, without waiting until it listens.</summary>
    public void Start()
    {
        Log("--- start");
        var start = new ProcessStartInfo("dotnet", [program, "--config", Configuration()]) { RedirectStandardOutput = true, RedirectStandardError = true };
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
        Port = port != 0 ? port : throw new InvalidOperationException($"{name} ended, see {folder}/{name}.log");
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

    /// <summary>SIGTERM, and waits until it has ended.</summary>
    public async Task StopAsync()
    {
        if (_process is not { } process)
            return;
        Process.Start("kill", ["-TERM", process.Id.ToString(CultureInfo.InvariantCulture)]).Dispose();
        await process.WaitForExitAsync().WaitAsync(Patience);
        await _output;
        Log($"--- stopped, code {process.ExitCode}");
        process.Dispose();
        _process = null;
    }

    public async ValueTask DisposeAsync()
    {
        await KillAsync();
        await _log.DisposeAsync();
    }

    private string Configuration()
    {
        var file = Path.Combine(folder, $"{name}.json");
        File.WriteAllText(file, JsonSerializer.Serialize(configuration(Port)));
        return file;
    }

    private async Task ReadAsync(StreamReader reader, TaskCompletionSource<int> listening)
    {
        while (await reader.ReadLineAsync() is { } line)
        {
            Log(line);
            if (ListeningLine().Match(line) is { Success: true } found)
                listening.TrySetResult(int.Parse(found.Groups["port"].ValueSpan, CultureInfo.InvariantCulture));
        }
    }

    private void Log(string line)
    {
        lock (_logGate)
            _log.WriteLine(line);
    }

    [GeneratedRegex(@"(Listening on \S+:|The silo serves at \S+, port )(?<port>\d+) ")]
    private static partial Regex ListeningLine();
}
