using System.Runtime.InteropServices;

namespace Starling.Cli.Context;

internal static class AtomicFile
{
    /// <summary>
    /// Puts new content in a file's place so that a reader sees the old or the new, never a part. Links are followed; owner and permissions
    /// stay what they are. Where the file can't be replaced without changing them, since it is mounted by itself, or its owner can't be given
    /// to another file, it is written in place instead.
    /// </summary>
    /// <param name="move">Renames one path over the other.</param>
    public static void Replace(string path, byte[] content, Action<string, string>? move = null)
    {
        var link = Path.GetFullPath(path);
        // From the absolute path: the target of a link in the working directory would be looked for in the root.
        var target = File.ResolveLinkTarget(link, returnFinalTarget: true)?.FullName ?? link;
        if (!TryReplace(target, content, move ?? ((from, to) => File.Move(from, to, overwrite: true))))
            WriteInPlace(target, content);
    }

    private static bool TryReplace(string target, byte[] content, Action<string, string> move)
    {
        var temporary = Path.Combine(Path.GetDirectoryName(target)!, $".{Path.GetFileName(target)}.{Guid.NewGuid():N}");
        try
        {
            Write(temporary, content, target);
            if (!FileOwner.TryCopy(target, temporary))
            {
                File.Delete(temporary);
                return false;
            }

            move(temporary, target);
            return true;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            File.Delete(temporary);
            return false;
        }
        catch
        {
            File.Delete(temporary);
            throw;
        }
    }

    private static void Write(string path, byte[] content, string like)
    {
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        using var file = new FileStream(path, options);
        file.Write(content);
        file.Flush(flushToDisk: true);
        if (!OperatingSystem.IsWindows())
            File.SetUnixFileMode(file.SafeFileHandle, File.GetUnixFileMode(like));
    }

    private static void WriteInPlace(string path, byte[] content)
    {
        using var file = new FileStream(path, FileMode.Open, FileAccess.Write);
        file.Write(content);
        file.SetLength(content.Length);
        file.Flush(flushToDisk: true);
    }
}

/// <summary>Owner and group of files, which .NET has no calls for.</summary>
internal static partial class FileOwner
{
    private const int CurrentDirectory = -100;
    private const uint OwnerAndGroup = 0x18;

    // Offsets in the kernel's struct statx, the same on every architecture.
    private const int OwnerOffset = 20;
    private const int GroupOffset = 24;

    /// <summary>Gives a file the owner and group of another.</summary>
    /// <returns>False when that is not possible, or can't be found out.</returns>
    public static bool TryCopy(string from, string to)
    {
        if (OperatingSystem.IsWindows())
            return true;
        if (!TryRead(from, out var wanted) || !TryRead(to, out var present))
            return false;
        return wanted == present || ChangeOwner(to, wanted.Owner, wanted.Group) == 0;
    }

    private static bool TryRead(string path, out (uint Owner, uint Group) owner)
    {
        owner = default;
        if (!OperatingSystem.IsLinux())
            return false;
        Span<byte> status = stackalloc byte[256];
        if (StatX(CurrentDirectory, path, 0, OwnerAndGroup, ref MemoryMarshal.GetReference(status)) != 0)
            return false;
        owner = (MemoryMarshal.Read<uint>(status[OwnerOffset..]), MemoryMarshal.Read<uint>(status[GroupOffset..]));
        return true;
    }

    [LibraryImport("libc", EntryPoint = "statx", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int StatX(int directory, string path, int flags, uint mask, ref byte status);

    [LibraryImport("libc", EntryPoint = "chown", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int ChangeOwner(string path, uint owner, uint group);
}
