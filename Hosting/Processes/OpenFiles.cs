using System.Runtime.InteropServices;

namespace Starling.Hosting.Processes;

/// <summary>How many files, sockets among them, this process may have open.</summary>
internal static partial class OpenFiles
{
    private const int LimitOnLinux = 7;
    private const int LimitOnMacOS = 8;

    /// <summary>Linux says how many there are; elsewhere this many are assumed.</summary>
    private const int Assumed = 128;

    private static readonly string OfProcess = OperatingSystem.IsMacOS() ? "/dev/fd" : "/proc/self/fd";

    /// <summary>Raises the soft limit to the hard one, as far as the system lets it.</summary>
    /// <returns>The limit that is in force; null where there is none.</returns>
    public static long? RaiseLimit()
    {
        var resource = OperatingSystem.IsLinux() ? LimitOnLinux : OperatingSystem.IsMacOS() ? LimitOnMacOS : -1;
        if (resource < 0 || !Environment.Is64BitProcess || GetLimit(resource, out var limit) != 0)
            return null;
        if (limit.Soft < limit.Hard)
        {
            var raised = limit with { Soft = limit.Hard };
            if (SetLimit(resource, raised) == 0)
                limit = raised;
        }

        return limit.Soft > long.MaxValue ? null : (long)limit.Soft;
    }

    /// <summary>Files that are open now. Takes time in proportion to their number.</summary>
    public static int Count()
    {
        try
        {
            return Directory.EnumerateFileSystemEntries(OfProcess).Count();
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return Assumed;
        }
    }

    [LibraryImport("libc", EntryPoint = "getrlimit")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int GetLimit(int resource, out Limit limit);

    [LibraryImport("libc", EntryPoint = "setrlimit")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int SetLimit(int resource, in Limit limit);

    [StructLayout(LayoutKind.Sequential)]
    private readonly record struct Limit(ulong Soft, ulong Hard);
}
