namespace Starling.Cli.Context;

/// <summary>What a command reads and writes besides the network.</summary>
internal sealed record CliContext
{
    public required Stream Input { get; init; }

    public required Stream Output { get; init; }

    public required TextWriter Error { get; init; }

    /// <summary>Asks for a line that isn't shown while it is typed; null when there is nobody to ask.</summary>
    public Func<string, string?>? AskSecret { get; init; }

    /// <summary>Completes when nobody reads <see cref="Output"/> any more.</summary>
    public Func<CancellationToken, Task> OutputClosed { get; init; } = static cancellation => Task.Delay(Timeout.Infinite, cancellation);

    /// <summary>Environment variables by name.</summary>
    public Func<string, string?> Environment { get; init; } = _ => null;

    public TimeProvider Time { get; init; } = TimeProvider.System;

    public static CliContext OfProcess() => new()
    {
        Input = Console.OpenStandardInput(),
        Output = StandardOutput.Open(),
        OutputClosed = cancellation => StandardOutput.ClosedAsync(TimeProvider.System, cancellation),
        Error = Console.Error,
        Environment = System.Environment.GetEnvironmentVariable,
        AskSecret = Console.IsInputRedirected ? null : Terminal.AskSecret,
    };

    public void WriteLine(string text)
    {
        Output.Write(System.Text.Encoding.UTF8.GetBytes(text + "\n"));
        Output.Flush();
    }
}
