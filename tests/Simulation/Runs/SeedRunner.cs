using Microsoft.Extensions.Logging.Abstractions;
using Starling.Broker.Metrics;
using Starling.Broker.Tenants.Authentication;

namespace Starling.Simulation.Runs;

/// <summary>Runs seeds, one after the other.</summary>
internal sealed class SeedRunner : IDisposable
{
    private readonly BrokerMetrics _metrics = new();
    private readonly Authenticator _authenticator;

    public SeedRunner() => _authenticator = new Authenticator(
        new AuthenticatorOptions(), TimeProvider.System, new TenantMetrics(_metrics), NullLogger<Authenticator>.Instance);

    public Task<Outcome> RunAsync(ulong seed, RunOptions options) => Task.Run(async () =>
    {
        using var run = new SimulationRun(seed, options, _authenticator);
        return await run.RunAsync().ConfigureAwait(false);
    });

    public void Dispose()
    {
        _authenticator.Dispose();
        _metrics.Dispose();
    }
}
