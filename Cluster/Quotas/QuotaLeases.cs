using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using Starling.Broker.Tenants;
using Starling.Broker.Tenants.Quotas;
using Starling.Broker.Threading;
using Starling.Cluster.Contracts;

namespace Starling.Cluster.Quotas;

/// <summary>
/// An edge's parts of its tenants' limits: had before the first client of a tenant is admitted, renewed every second for as long as the
/// edge runs, and at once when a client would be refused. While nobody answers, the parts stay as they are.
/// </summary>
public sealed partial class QuotaLeases : IQuotaLeases, IAsyncDisposable
{
    private static readonly TimeSpan MaxWaiting = TimeSpan.FromSeconds(1);

    /// <summary>Without a part of its own an edge takes the whole limit, as the others may do, too; so the first clients wait for it longer.</summary>
    private static readonly TimeSpan MaxWaitingAtFirst = TimeSpan.FromSeconds(5);

    private readonly ConcurrentDictionary<Tenant, Task> _asking = new();
    private readonly ConcurrentDictionary<Tenant, bool> _leased = new();
    private readonly CancellationTokenSource _stop = new();
    private readonly IClusterEngine _engine;
    private readonly Func<string> _edge;
    private readonly TimeProvider _time;
    private readonly ILogger<QuotaLeases> _logger;
    private readonly Task _running;
    private bool _stopped;

    /// <param name="edge">The edge's id at the moment.</param>
    public QuotaLeases(IClusterEngine engine, Func<string> edge, TimeProvider time, ILogger<QuotaLeases> logger)
    {
        _engine = engine;
        _edge = edge;
        _time = time;
        _logger = logger;
        _running = RunAsync();
    }

    public ValueTask EnsureAsync(Tenant tenant) =>
        _leased.ContainsKey(tenant) || !tenant.Options.Limits.HasShared() ? ValueTask.CompletedTask : new(RenewAsync(tenant, MaxWaitingAtFirst));

    public bool CanAsk => true;

    public ValueTask AskForMoreAsync(Tenant tenant) => new(RenewAsync(tenant, MaxWaiting));

    public async ValueTask DisposeAsync()
    {
        if (_stopped)
            return;
        _stopped = true;
        await _stop.CancelAsync().ConfigureAwait(false);
        await _running.ConfigureAwait(false);
        _stop.Dispose();
    }

    private async Task RunAsync()
    {
        using var timer = new PeriodicTimer(TenantShares.Interval, _time);
        try
        {
            while (await timer.WaitForNextTickAsync(_stop.Token).ConfigureAwait(false))
            {
                foreach (var tenant in _leased.Keys)
                {
                    if (tenant.IsRemoved)
                        _leased.TryRemove(tenant, out _);
                    else
                        Background.Run(RenewAsync(tenant), _logger, "Renewal of a tenant's limits");
                }
            }
        }
        catch (OperationCanceledException)
        {
        }
    }

    private async Task RenewAsync(Tenant tenant, TimeSpan most) =>
        await RenewAsync(tenant).WaitAsync(most, _time).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);

    /// <summary>Those who ask at the same time ask together.</summary>
    private Task RenewAsync(Tenant tenant)
    {
        var asking = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var present = _asking.GetOrAdd(tenant, asking.Task);
        if (present == asking.Task)
            Background.Run(AskAsync(tenant, asking), _logger, "Renewal of a tenant's limits");
        return present;
    }

    private async Task AskAsync(Tenant tenant, TaskCompletionSource asking)
    {
        try
        {
            var share = await _engine.Shares(tenant.Name).RenewAsync(_edge(), tenant.Quotas.TakeDemand(_time)).ConfigureAwait(false);
            tenant.Quotas.Share(share);
            _leased[tenant] = true;
        }
        catch (Exception error)
        {
            LogFailed(_logger, tenant.Name, error.Message);
        }
        finally
        {
            _asking.TryRemove(tenant, out _);
            asking.SetResult();
        }
    }

    [LoggerMessage(Level = LogLevel.Debug, Message = "Tenant {Tenant}: renewal of this edge's share of the limits failed: {Problem}")]
    private static partial void LogFailed(ILogger logger, string tenant, string problem);
}
