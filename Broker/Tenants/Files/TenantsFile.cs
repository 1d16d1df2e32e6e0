using System.Security.Cryptography;
using Microsoft.Extensions.Logging;
using Starling.Broker.Threading;

namespace Starling.Broker.Tenants.Files;

/// <summary>
/// Keeps a <see cref="TenantDirectory"/> as its file says. The file is looked at each second, and at once when the operating system says
/// that something moved in its folder, which not every file system does. It is read when it has been the same for two looks, so that one
/// half written is left alone, whether it was written in place, renamed over or reached through links that now lead elsewhere
/// (Kubernetes). A version with mistakes is logged, line by line, and changes nothing but what <see cref="Revocations"/> take away; a file
/// that can't be read is tried again at each look. Time and size don't tell every change: what the file holds is compared every ten seconds,
/// and whenever the system reports something.
/// </summary>
public sealed partial class TenantsFile : IDisposable
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Settle = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan ContentInterval = TimeSpan.FromSeconds(10);

    private readonly string _path;
    private readonly TenantDirectory _directory;
    private readonly TimeProvider _time;
    private readonly ILogger<TenantsFile> _logger;
    private readonly Lock _looking = new();
    private readonly ITimer _timer;
    private readonly FileSystemWatcher? _watcher;
    private FileStamp? _read;
    private FileStamp? _seen;
    private byte[] _digest;
    private long _compared;
    private bool _compareNow;
    private string? _unreadable;
    private bool _disposed;

    /// <summary>Loads the file and begins to watch it.</summary>
    /// <exception cref="TenantsFileException">There are mistakes in it.</exception>
    /// <exception cref="IOException">It can't be read.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be read.</exception>
    public TenantsFile(string path, TenantDirectory directory, TimeProvider time, ILogger<TenantsFile> logger)
    {
        _path = path;
        _directory = directory;
        _time = time;
        _logger = logger;
        _read = _seen = FileStamp.Of(path);
        var content = File.ReadAllBytes(path);
        _digest = SHA256.HashData(content);
        _compared = time.GetTimestamp();
        var tenants = TenantsFileReader.Read(path, content);
        directory.Apply(tenants);
        LogLoaded(path, tenants.Count);
        _timer = time.CreateGuardedTimer(Look, logger, "Look at the tenants file", Interval, Interval);
        _watcher = Watch();
    }

    /// <summary>Reads the file now, changed or not. Never throws: what is wrong with it is logged.</summary>
    public void ReadAgain()
    {
        lock (_looking)
        {
            if (_disposed)
                return;
            _read = _seen = FileStamp.Of(_path);
            Reload();
        }
    }

    public void Dispose()
    {
        lock (_looking)
            _disposed = true;
        _watcher?.Dispose();
        _timer.Dispose();
    }

    private FileSystemWatcher? Watch()
    {
        try
        {
            var watcher = new FileSystemWatcher(Path.GetDirectoryName(Path.GetFullPath(_path))!);
            watcher.Changed += OnMoved;
            watcher.Created += OnMoved;
            watcher.Deleted += OnMoved;
            watcher.Renamed += OnMoved;
            watcher.EnableRaisingEvents = true;
            return watcher;
        }
        catch (Exception error) when (error is IOException or ArgumentException)
        {
            LogNotWatched(_path, error.Message);
            return null;
        }
    }

    private void OnMoved(object sender, FileSystemEventArgs change) =>
        Background.Run(() => LookSoon(change.Name == Path.GetFileName(_path)), _logger, "Look at the tenants file");

    /// <param name="isTheFile">What moved is the file itself, not something beside it.</param>
    private void LookSoon(bool isTheFile)
    {
        lock (_looking)
        {
            if (_disposed)
                return;
            _compareNow |= isTheFile;
            _timer.Change(Settle, Interval);
        }
    }

    private void Look()
    {
        lock (_looking)
        {
            if (_disposed)
                return;
            var stamp = FileStamp.Of(_path);
            var settled = stamp == _seen;
            _seen = stamp;
            if (!settled)
            {
                _timer.Change(Settle, Interval);
                return;
            }
            if (stamp == _read && _unreadable is null && !HasOtherContent())
                return;
            _read = stamp;
            Reload();
        }
    }

    /// <summary>Looks when it is time to: a file that was written within one tick of its time, or got its old time back.</summary>
    private bool HasOtherContent()
    {
        if (!_compareNow && _time.GetElapsedTime(_compared) < ContentInterval)
            return false;
        _compareNow = false;
        _compared = _time.GetTimestamp();
        if (_read is null)
            return false;
        try
        {
            using var file = File.OpenRead(_path);
            return !SHA256.HashData(file).AsSpan().SequenceEqual(_digest);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            // What was read stays in force; it is read again when that is possible and something has changed.
            return false;
        }
    }

    private void Reload()
    {
        try
        {
            var content = File.ReadAllBytes(_path);
            _unreadable = null;
            _digest = SHA256.HashData(content);
            var tenants = TenantsFileReader.Read(_path, content);
            _directory.Apply(tenants);
            _directory.Mistakes = 0;
            LogLoaded(_path, tenants.Count);
        }
        catch (TenantsFileException mistakes)
        {
            foreach (var mistake in mistakes.Errors)
                LogMistake(mistake);
            LogKept(_path, mistakes.Errors.Count);
            _directory.Mistakes = mistakes.Errors.Count;
            if (mistakes.Revocations is { } revocations)
                _directory.Apply(_directory.Tenants.Select(tenant => revocations.ApplyTo(tenant.Options)).OfType<TenantOptions>());
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            // Tried again at each look, and said once: whether it may be read does not show in its time.
            if (_unreadable != error.Message)
                LogUnreadable(_path, error.Message);
            _unreadable = error.Message;
            _directory.Mistakes = 1;
        }
    }
}
