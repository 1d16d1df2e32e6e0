using Starling.Testing.PostgreSql;

namespace Starling.Silo.Tests.Processes;

/// <summary>
/// Three silos and three edges for several classes, one test after the other. Edges 0 and 1 and silos 0 and 2 stay; a test may kill the
/// others, once, and no test relies on them.
/// </summary>
public sealed class SharedCluster(SharedPostgres postgres) : IAsyncLifetime
{
    private RunningCluster? _cluster;

    internal RunningCluster Running => _cluster!;

    public async ValueTask InitializeAsync() => _cluster = await RunningCluster.StartAsync(postgres, silos: 3, edges: 3);

    public ValueTask DisposeAsync() => _cluster?.DisposeAsync() ?? ValueTask.CompletedTask;
}

[CollectionDefinition(nameof(SharedCluster))]
public sealed class SharedClusterTests : ICollectionFixture<SharedCluster>;
