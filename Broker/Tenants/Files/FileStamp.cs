namespace Starling.Broker.Tenants.Files;

/// <summary>By what a file that was written, or replaced, is told from what it was before; links are followed to the file itself.</summary>
internal readonly record struct FileStamp(string? Target, DateTime Written, long Length)
{
    /// <summary>Null when there is no file, or none that can be looked at.</summary>
    public static FileStamp? Of(string path)
    {
        try
        {
            var target = File.ResolveLinkTarget(path, returnFinalTarget: true) as FileInfo;
            var file = target ?? new FileInfo(path);
            return file.Exists ? new FileStamp(target?.FullName, file.LastWriteTimeUtc, file.Length) : null;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
