using System.Diagnostics;
using System.Globalization;

namespace Starling.EndToEnd.Tests.Harness;

/// <summary>A started program: what it writes is kept, every wait ends, and it does not outlive the test.</summary>
internal sealed class ChildProcess : IAsyncDisposable
{
    /// <summary>Far beyond what anything here takes, on a machine that is busy with other things.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(90);

    private readonly Process _process;
    private readonly string _commandLine;
    private readonly Task _outputRead;

    private ChildProcess(Process process, string commandLine)
    {
        _process = process;
        _commandLine = commandLine;
        _outputRead = Task.WhenAll(ReadAsync(process.StandardOutput), ReadAsync(process.StandardError)).ContinueWith(
            _ => Output.End(), CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
    }

    /// <summary>Standard output and standard error.</summary>
    public LineLog Output { get; } = new();

    public int Id => _process.Id;

    /// <summary>Of a process that <see cref="ExitAsync"/> has seen end.</summary>
    public int ExitCode => _process.ExitCode;

    /// <summary>Added to the message when a wait fails: the log of the broker that the process talks with.</summary>
    public Func<string> Background { get; init; } = () => "";

    /// <param name="program">Name or path.</param>
    /// <param name="arguments">One by one, as the program gets them.</param>
    /// <param name="background">See <see cref="Background"/>.</param>
    /// <param name="folder">Where it starts.</param>
    /// <param name="environment">On top of this process's own, without what configures a broker.</param>
    public static ChildProcess Start(
        string program,
        IEnumerable<string> arguments,
        Func<string>? background = null,
        string? folder = null,
        IReadOnlyDictionary<string, string>? environment = null)
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = folder ?? Path.GetTempPath(),
        };
        // A broker or client under test takes its settings from the test alone.
        foreach (var name in start.Environment.Keys.Where(IsSetting).ToList())
            start.Environment.Remove(name);
        foreach (var (name, value) in environment ?? new Dictionary<string, string>())
            start.Environment[name] = value;
        var process = Process.Start(start) ?? throw new InvalidOperationException($"{program} did not start");
        process.StandardInput.AutoFlush = true;
        return new ChildProcess(process, program + " " + string.Join(' ', start.ArgumentList)) { Background = background ?? (() => "") };
    }

    public Task WriteLineAsync(string line) => _process.StandardInput.WriteLineAsync(line);

    /// <summary>Takes the next line that holds <paramref name="text"/>.</summary>
    /// <exception cref="ShouldAssertException">None came.</exception>
    public Task<string> LineAsync(string text) => LineAsync(line => line.Contains(text, StringComparison.Ordinal), $"a line with '{text}'");

    public async Task<string> LineAsync(Func<string, bool> wanted, string what) =>
        await Output.TakeAsync(wanted, Patience) ?? throw Failed($"waited for {what} in vain");

    /// <summary>Waits for the end and returns all lines.</summary>
    public async Task<string[]> ExitAsync()
    {
        try
        {
            await _process.WaitForExitAsync().WaitAsync(Patience);
            await _outputRead.WaitAsync(Patience);
        }
        catch (TimeoutException)
        {
            throw Failed("did not end");
        }
        return Output.Lines;
    }

    /// <summary>Waits for the end, which has to be a good one.</summary>
    public async Task<string[]> SucceedAsync()
    {
        var lines = await ExitAsync();
        return ExitCode == 0 ? lines : throw Failed($"ended with code {ExitCode}");
    }

    /// <param name="name">As <c>kill</c> takes it: TERM, INT, STOP, CONT.</param>
    public async Task SignalAsync(string name)
    {
        using var kill = Process.Start("kill", ["-" + name, _process.Id.ToString(CultureInfo.InvariantCulture)]);
        await kill.WaitForExitAsync();
    }

    /// <summary>Ends it at once, as <c>kill -9</c> does.</summary>
    public async Task KillAsync()
    {
        _process.Kill();
        await ExitAsync();
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
            await KillAsync();
        _process.Dispose();
    }

    public ShouldAssertException Failed(string problem) =>
        new($"{_commandLine}\n{problem}; its output:\n{Indent(Output.Lines)}{Background()}");

    public static string Indent(IEnumerable<string> lines) => string.Concat(lines.Select(line => "    " + line + "\n"));

    private async Task ReadAsync(StreamReader reader)
    {
        while (await reader.ReadLineAsync() is { } line)
            Output.Add(line);
    }

    private static bool IsSetting(string variable) =>
        variable.StartsWith("STARLING", StringComparison.OrdinalIgnoreCase) || variable.StartsWith("OTEL_", StringComparison.Ordinal);
}
