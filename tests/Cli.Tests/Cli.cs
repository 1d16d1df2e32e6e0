using System.Text;

namespace Starling.Cli.Tests;

/// <summary>Runs the command line and keeps what it says.</summary>
internal sealed record Cli(int ExitCode, string Output, string Error)
{
    public static Task<Cli> RunAsync(params string[] args) => RunWithAsync("", null, args);

    public static async Task<Cli> RunWithAsync(string input, Func<string, string?>? askSecret, params string[] args)
    {
        using var output = new MemoryStream();
        await using var error = new StringWriter();
        var context = new CliContext
        {
            Input = new MemoryStream(Encoding.UTF8.GetBytes(input)),
            Output = output,
            Error = error,
            AskSecret = askSecret,
        };
        var exitCode = await StarlingCommand.RunAsync(args, context, TestContext.Current.CancellationToken);
        return new(exitCode, Encoding.UTF8.GetString(output.ToArray()), error.ToString());
    }
}
