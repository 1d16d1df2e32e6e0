using System.Diagnostics.Metrics;
using Microsoft.Extensions.Logging;
using Npgsql;
using Starling.Broker.Threading;
using Starling.Broker.Time;

namespace Starling.Storage.PostgreSql;

/// <summary>
/// Has the process's clock follow the database's: what is stored carries times, and other processes read them. Looks at the start and every
/// minute. When the machine's own clock is more than ten seconds away from the database's, one of them is wrong, nobody can say which, and
/// nothing is removed for its age until they agree again.
/// </summary>
public sealed partial class ClockWatch : IAsyncDisposable
{
    /// <summary>How far the machine's clock may be from the database's.</summary>
    public static readonly TimeSpan MaxOffset = TimeSpan.FromSeconds(10);

    private static readonly TimeSpan Interval = TimeSpan.FromMinutes(1);

    /// <summary>Differences that a look may make by itself; correcting them would only make time unsteady.</summary>
    private static readonly TimeSpan Noise = TimeSpan.FromMilliseconds(20);

    private readonly Func<CancellationToken, Task<DateTimeOffset>> _ask;
    private readonly BrokerClock _clock;
    private readonly ILogger<ClockWatch> _logger;
    private readonly CancellationTokenSource _stop = new();
    private ITimer? _timer;
    private long _offsetTicks;
    private bool _hasFollowed;

    public ClockWatch(Database database, BrokerClock clock, IMeterFactory meters, ILogger<ClockWatch> logger)
        : this(cancellation => AskAsync(database, cancellation), clock, meters, logger)
    {
    }

    /// <param name="ask">Says what time it is in the database.</param>
    internal ClockWatch(Func<CancellationToken, Task<DateTimeOffset>> ask, BrokerClock clock, IMeterFactory meters, ILogger<ClockWatch> logger)
    {
        (_ask, _clock, _logger) = (ask, clock, logger);
        meters.Create("Starling.Storage").CreateObservableGauge(
            "starling.storage.clock.offset", () => Offset.TotalSeconds, "s", "How far this machine's clock is ahead of the database's.");
    }

    /// <summary>How far the machine's clock was ahead of the database's at the last look.</summary>
    public TimeSpan Offset => new(Interlocked.Read(ref _offsetTicks));

    /// <summary>Why the process is not ready; null when the clocks agree.</summary>
    public string? Problem => _clock.IsTrusted
        ? null
        : string.Create(System.Globalization.CultureInfo.InvariantCulture, $"the clock of this machine is {Offset.TotalSeconds:+0;-0} s away from PostgreSQL's");

    /// <summary>Looks for the first time, and from then on every minute.</summary>
    /// <exception cref="NpgsqlException">The database does not answer.</exception>
    public async Task StartAsync(CancellationToken cancellation = default)
    {
        await LookAsync(cancellation).ConfigureAwait(false);
        _timer = _clock.CreateGuardedTimer(
            () => Background.Run(LookAgainAsync(), _logger, "Look at the database's clock"), _logger, "Look at the database's clock", Interval, Interval);
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync().ConfigureAwait(false);
        if (_timer is not null)
            await _timer.DisposeAsync().ConfigureAwait(false);
        _stop.Dispose();
    }

    /// <summary>Compares the clocks once.</summary>
    internal async Task LookAsync(CancellationToken cancellation)
    {
        var asked = _clock.GetTimestamp();
        var answer = await _ask(cancellation).ConfigureAwait(false);
        // Half of the round trip ago, about.
        var database = answer + (_clock.GetElapsedTime(asked) / 2);
        var offset = _clock.Wall.GetUtcNow() - database;
        Interlocked.Exchange(ref _offsetTicks, offset.Ticks);
        Judge(offset.Duration() <= MaxOffset);
        var error = (database - _clock.GetUtcNow()).Duration();
        // A database whose clock jumps is not followed as long as this machine's says otherwise; a clock that only drifts is.
        if (!_hasFollowed || (error > Noise && (_clock.IsTrusted || error <= MaxOffset)))
            _clock.Follow(database);
        _hasFollowed = true;
    }

    private async Task LookAgainAsync()
    {
        try
        {
            await LookAsync(_stop.Token).ConfigureAwait(false);
        }
        catch (Exception error) when (_stop.IsCancellationRequested || Database.MayPass(error))
        {
            // That the database is away is said elsewhere; the clock advances by itself.
        }
    }

    private void Judge(bool agrees)
    {
        if (agrees == _clock.IsTrusted)
            return;
        _clock.IsTrusted = agrees;
        if (agrees)
            LogAgree(_logger, Offset.TotalSeconds);
        else
            LogDiffer(_logger, Offset.TotalSeconds);
    }

    private static async Task<DateTimeOffset> AskAsync(Database database, CancellationToken cancellation)
    {
        await using var command = database.Source.CreateCommand("select clock_timestamp()");
        return (DateTime)(await command.ExecuteScalarAsync(cancellation).ConfigureAwait(false))!;
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "The clock of this machine is {Seconds:+0.0;-0.0} s away from PostgreSQL's: one of them is wrong. Nothing that is stored is removed for its age until they agree")]
    private static partial void LogDiffer(ILogger logger, double seconds);

    [LoggerMessage(Level = LogLevel.Information, Message = "The clocks of this machine and PostgreSQL agree again, within {Seconds:+0.0;-0.0} s")]
    private static partial void LogAgree(ILogger logger, double seconds);
}
