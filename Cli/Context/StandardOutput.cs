using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Starling.Cli.Context;

/// <summary>
/// The standard output as a stream that fails when nobody reads it any more, as in <c>starling sub | head -1</c>. The console's own stream
/// takes everything and says nothing.
/// </summary>
internal static partial class StandardOutput
{
    private const int Descriptor = 1;
    private const short Error = 0x8;

    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(250);

    public static Stream Open()
    {
        if (OperatingSystem.IsWindows())
            return Console.OpenStandardOutput();
        var stream = new FileStream(new SafeFileHandle(Descriptor, ownsHandle: false), FileAccess.Write, bufferSize: 0);
        // In a file, the console's stream leaves the place to write at to the system, and others may write there too.
        return stream.CanSeek ? Console.OpenStandardOutput() : stream;
    }

    /// <summary>Completes when the reader of this process's output is gone, even if nothing is written.</summary>
    public static async Task ClosedAsync(TimeProvider time, CancellationToken cancellation)
    {
        using var timer = new PeriodicTimer(Interval, time);
        while (OperatingSystem.IsWindows() || !HasNoReader())
            await timer.WaitForNextTickAsync(cancellation);
    }

    private static bool HasNoReader()
    {
        var output = new PolledDescriptor { Descriptor = Descriptor };
        return Poll(ref output, 1, 0) > 0 && (output.Happened & Error) != 0;
    }

    [LibraryImport("libc", EntryPoint = "poll")]
    private static partial int Poll(ref PolledDescriptor descriptors, nuint count, int timeout);

    [StructLayout(LayoutKind.Sequential)]
    private struct PolledDescriptor
    {
        public int Descriptor;
        public short Asked;
        public short Happened;
    }
}
