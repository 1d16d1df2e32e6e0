using System.Net.Security;
using System.Reflection;
using System.Runtime.InteropServices;

namespace Starling.Edge.Listeners.Tls;

/// <summary>
/// OpenSSL's buffers of a connection, 14 KiB as measured, which it gives back while the connection is idle if it is told to (SSL_MODE_RELEASE_BUFFERS).
/// .NET neither tells it nor lets us, so this looks for the library that .NET has loaded and for its object in a private field of the stream.
/// Where one of them is not as it is expected (another runtime, another system), connections keep their buffers, and all else is the same.
/// </summary>
internal static class OpenSslBuffers
{
    /// <summary>SSL_CTRL_MODE</summary>
    private const int ControlMode = 33;

    /// <summary>SSL_MODE_RELEASE_BUFFERS</summary>
    private const nint ModeReleaseBuffers = 0x10;

    private const string LoadedLibraries = "/proc/self/maps";

    private static readonly FieldInfo? Context = typeof(SslStream).GetField("_securityContext", BindingFlags.NonPublic | BindingFlags.Instance);

    private static readonly Lazy<Control?> SslControl = new(FindSslControl);

    /// <summary>long SSL_ctrl(SSL *ssl, int cmd, long larg, void *parg)</summary>
    private delegate nint Control(nint ssl, int command, nint argument, nint parameter);

    /// <summary>Has the buffers of this connection given back whenever nothing is in them.</summary>
    /// <param name="stream">After its handshake, before it is read and written.</param>
    /// <returns>False when that is not possible here.</returns>
    public static bool ReleaseWhenIdle(SslStream stream)
    {
        if (SslControl.Value is not { } control || Context?.GetValue(stream) is not SafeHandle { IsInvalid: false } ssl || ssl.GetType().Name != "SafeSslHandle")
            return false;
        var held = false;
        try
        {
            ssl.DangerousAddRef(ref held);
            return (control(ssl.DangerousGetHandle(), ControlMode, ModeReleaseBuffers, 0) & ModeReleaseBuffers) != 0;
        }
        finally
        {
            if (held)
                ssl.DangerousRelease();
        }
    }

    /// <summary>In the one library of that name that is loaded: with two, it is not known which one is .NET's.</summary>
    private static Control? FindSslControl()
    {
        if (!OperatingSystem.IsLinux() || !File.Exists(LoadedLibraries))
            return null;
        var loaded = File.ReadLines(LoadedLibraries)
            .Select(line => line.IndexOf('/') is var path and >= 0 ? line[path..] : "")
            .Where(path => Path.GetFileName(path).StartsWith("libssl.so", StringComparison.Ordinal))
            .Distinct()
            .ToArray();
        return loaded is [var path] && NativeLibrary.TryLoad(path, out var library) && NativeLibrary.TryGetExport(library, "SSL_ctrl", out var control)
            ? Marshal.GetDelegateForFunctionPointer<Control>(control)
            : null;
    }
}
