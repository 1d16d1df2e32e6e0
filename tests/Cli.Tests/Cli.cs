using System.Text;
using Starling.Cli.Context;

namespace Starling.Cli.Tests;

/// <summary>Runs the command line and keeps what it says.</summary>
internal sealed record Cli(int ExitCode, string Output, string Error)
{
    public static Task<Cli> RunAsync(params string[] args) => RunWithAsync("", null, args);

    /// <param name="database">What the environment says about it.</param>
    /// <param name="input">The standard input.</param>
    /// <param name="args">The command line.</param>
    public static Task<Cli> RunOnAsync(string? database, string input, params string[] args) =>
        RunWithAsync(input, null, name => name == "STARLING_DATABASE" ? database : null, args);

    public static Task<Cli> RunWithAsync(string input, Func<string, string?>? askSecret, params string[] args) =>
        RunWithAsync(input, askSecret, _ => null, args);

    private static async Task<Cli> RunWithAsync(string input, Func<string, string?>? askSecret, Func<string, string?> environment, string[] args)
    {
        using var output = new MemoryStream();
        await using var error = new StringWriter();
        var context = new CliContext
        {
            Input = new MemoryStream(Encoding.UTF8.GetBytes(input)),
            Output = output,
            Error = error,
            AskSecret = askSecret,
            Environment = environment,
        };
        var exitCode = await StarlingCommand.RunAsync(args, context, TestContext.Current.CancellationToken);
        return new(exitCode, Encoding.UTF8.GetString(output.ToArray()), error.ToString());
    }
}
