using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Starling.Broker.Sessions;
using Starling.Broker.Standalone;
using Starling.Broker.Tenants;

namespace Starling.Edge.Hosting;

/// <summary>
/// Before anything listens, shards are filled from the stores; from then on the sweep finds sessions with due work; when nobody is
/// connected any more, writes that nobody has waited for are flushed.
/// </summary>
internal sealed partial class StoredState(
    StandaloneCluster cluster, ITenantDirectory tenants, SessionSweep sweep, TimeProvider time, ILogger<StoredState> logger) : IHostedLifecycleService
{
    private static readonly TimeSpan MaxFlushing = TimeSpan.FromSeconds(5);

    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        await cluster.LoadAsync(tenants.Tenants).WaitAsync(cancellationToken);
        sweep.Start();
    }

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public async Task StopAsync(CancellationToken cancellationToken) => await sweep.DisposeAsync();

    public async Task StoppedAsync(CancellationToken cancellationToken)
    {
        try
        {
            await cluster.FlushAsync().WaitAsync(MaxFlushing, time, cancellationToken);
        }
        catch (Exception error)
        {
            LogNotFlushed(error.Message);
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Retained messages of QoS 0 were not stored before the process ended: {Problem}")]
    private partial void LogNotFlushed(string problem);
}
