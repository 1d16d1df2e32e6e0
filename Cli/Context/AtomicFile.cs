namespace Starling.Cli.Context;

internal static class AtomicFile
{
    /// <summary>
    /// Puts new content in a file's place so that a reader sees the old or the new, never a part. Links are followed and the permissions
    /// stay what they are.
    /// </summary>
    public static void Replace(string path, byte[] content)
    {
        var target = File.ResolveLinkTarget(path, returnFinalTarget: true)?.FullName ?? Path.GetFullPath(path);
        var temporary = Path.Combine(Path.GetDirectoryName(target)!, $".{Path.GetFileName(target)}.{Guid.NewGuid():N}");
        try
        {
            Write(temporary, content, OperatingSystem.IsWindows() ? null : File.GetUnixFileMode(target));
            File.Move(temporary, target, overwrite: true);
        }
        catch
        {
            File.Delete(temporary);
            throw;
        }
    }

    private static void Write(string path, byte[] content, UnixFileMode? mode)
    {
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        using var file = new FileStream(path, options);
        file.Write(content);
        file.Flush(flushToDisk: true);
        if (!OperatingSystem.IsWindows() && mode is { } kept)
            File.SetUnixFileMode(file.SafeFileHandle, kept);
    }
}
