using Microsoft.Extensions.Hosting;

namespace Starling.Hosting.Processes;

/// <summary>Signals are the program's business, so that several hosts can live in one process.</summary>
internal sealed class NoLifetime : IHostLifetime
{
    public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
