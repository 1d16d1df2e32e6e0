using Microsoft.Extensions.Logging;
using Starling.Broker.Contracts;
using Starling.Broker.Tenants;
using Starling.Broker.Time;

namespace Starling.Broker.Sessions;

/// <summary>
/// Wakes stored sessions that nobody has asked for when something is due for them: they have expired, their will is due, or their
/// connection ended with an edge that is gone. Sessions in memory have timers of their own, and lose nothing by being woken.
/// </summary>
public sealed partial class SessionSweep : IAsyncDisposable
{
    private const int PageSize = 256;
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    private readonly ISessionStore _store;
    private readonly ITenantDirectory _tenants;
    private readonly Func<SessionKey, ISession> _find;
    private readonly Func<IReadOnlyCollection<string>> _liveEdges;
    private readonly int _part;
    private readonly int _parts;
    private readonly TimeProvider _time;
    private readonly ILogger<SessionSweep> _logger;
    private readonly CancellationTokenSource _stop = new();
    private Task _running = Task.CompletedTask;
    private bool _stopped;
    private bool _failing;

    /// <param name="find">The session that owns a key.</param>
    /// <param name="liveEdges">
    /// Edges that live. Sessions that the store believes to be connected elsewhere are woken, and look for themselves.
    /// </param>
    /// <param name="part">Which part of the sessions it sweeps; other sweeps have the others.</param>
    /// <param name="parts">How many parts there are.</param>
    public SessionSweep(
        ISessionStore store,
        ITenantDirectory tenants,
        Func<SessionKey, ISession> find,
        Func<IReadOnlyCollection<string>> liveEdges,
        TimeProvider time,
        ILogger<SessionSweep> logger,
        int part = 0,
        int parts = 1)
    {
        _store = store;
        _tenants = tenants;
        _find = find;
        _liveEdges = liveEdges;
        (_part, _parts) = (part, parts);
        _time = time;
        _logger = logger;
    }

    public void Start() => _running = RunAsync();

    /// <summary>Ends it; may be called again.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_stopped)
            return;
        _stopped = true;
        await _stop.CancelAsync().ConfigureAwait(false);
        await _running.ConfigureAwait(false);
        _stop.Dispose();
    }

    /// <summary>Wakes the sessions for which something is due now, page by page; none while the time can't be trusted.</summary>
    public async Task SweepAsync(CancellationToken cancellation = default)
    {
        if (!BrokerClock.MayRemove(_time))
            return;
        IReadOnlyList<SessionKey> due;
        do
        {
            due = await _store.ReadDueAsync(
                [.. _tenants.Tenants.Select(tenant => tenant.Name)],
                _time.GetUtcNow().ToUnixTimeMilliseconds(),
                _liveEdges(),
                _part,
                _parts,
                PageSize).ConfigureAwait(false);
            foreach (var key in due)
            {
                if (cancellation.IsCancellationRequested || !_tenants.TryGet(key.Tenant, out _))
                    return;
                await _find(key).WakeAsync().ConfigureAwait(false);
            }
        }
        while (due.Count == PageSize);
    }

    private async Task RunAsync()
    {
        using var timer = new PeriodicTimer(Interval, _time);
        try
        {
            while (await timer.WaitForNextTickAsync(_stop.Token).ConfigureAwait(false))
            {
                try
                {
                    await SweepAsync(_stop.Token).ConfigureAwait(false);
                    _failing = false;
                }
                catch (Exception error)
                {
                    // Once, however long it lasts.
                    if (!_failing)
                        LogFailed(_logger, error.Message);
                    _failing = true;
                }
            }
        }
        catch (OperationCanceledException)
        {
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Search for expired sessions and due wills failed, retrying: {Problem}")]
    private static partial void LogFailed(ILogger logger, string problem);
}
