using Microsoft.Extensions.Logging;
using Starling.Broker.Threading;

namespace Starling.Broker.Tenants.Files;

/// <summary>
/// Keeps a <see cref="TenantDirectory"/> as its file says. The file is looked at each second, and at once when the operating system says
/// that something moved in its folder, which not every file system does. It is read when it has been the same for two looks, so that one
/// half written is left alone, whether it was written in place, renamed over or reached through links that now lead elsewhere
/// (Kubernetes). A version with mistakes is logged, line by line, and
/// changes nothing but what <see cref="Revocations"/> take away.
/// </summary>
public sealed partial class TenantsFile : IDisposable
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Settle = TimeSpan.FromMilliseconds(100);

    private readonly string _path;
    private readonly TenantDirectory _directory;
    private readonly ILogger<TenantsFile> _logger;
    private readonly Lock _looking = new();
    private readonly ITimer _timer;
    private readonly FileSystemWatcher? _watcher;
    private FileStamp? _read;
    private FileStamp? _seen;
    private bool _disposed;

    /// <summary>Loads the file and begins to watch it.</summary>
    /// <exception cref="TenantsFileException">There are mistakes in it.</exception>
    /// <exception cref="IOException">It can't be read.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be read.</exception>
    public TenantsFile(string path, TenantDirectory directory, TimeProvider time, ILogger<TenantsFile> logger)
    {
        _path = path;
        _directory = directory;
        _logger = logger;
        _read = _seen = FileStamp.Of(path);
        var tenants = TenantsFileReader.Load(path);
        directory.Apply(tenants);
        LogLoaded(path, tenants.Count);
        _timer = time.CreateGuardedTimer(Look, logger, "Look at the tenants file", Interval, Interval);
        _watcher = Watch();
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

    private void OnMoved(object sender, FileSystemEventArgs change) => Background.Run(LookSoon, _logger, "Look at the tenants file");

    private void LookSoon()
    {
        lock (_looking)
        {
            if (!_disposed)
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
            if (stamp == _read)
                return;
            if (!settled)
            {
                _timer.Change(Settle, Interval);
                return;
            }
            _read = stamp;
            Reload();
        }
    }

    private void Reload()
    {
        try
        {
            var tenants = TenantsFileReader.Load(_path);
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
        catch (Exception error)
        {
            LogUnreadable(_path, error.Message);
            _directory.Mistakes = 1;
        }
    }
}
