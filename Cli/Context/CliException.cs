namespace Starling.Cli.Context;

/// <summary>Ends the program with one line on the error stream and an exit code.</summary>
internal sealed class CliException(string message, int exitCode = ExitCodes.Failed) : Exception(message)
{
    public int ExitCode { get; } = exitCode;
}

internal static class ExitCodes
{
    public const int Failed = 1;

    /// <summary>The command line can't be understood.</summary>
    public const int Usage = 2;

    /// <summary>The time given with -W is over; the number that mosquitto_sub uses.</summary>
    public const int TimedOut = 27;

    /// <summary>Nobody reads the output any more, as shells count a program that is ended by SIGPIPE.</summary>
    public const int OutputClosed = 141;

    /// <summary>Ctrl-C, as shells count it.</summary>
    public const int Interrupted = 130;
}
