namespace Starling.Hosting.Processes;

/// <summary>What a process tells the one that started it.</summary>
internal static class ExitCode
{
    public const int Stopped = 0;
    public const int CannotRun = 1;
    public const int WrongSetting = 2;
}
