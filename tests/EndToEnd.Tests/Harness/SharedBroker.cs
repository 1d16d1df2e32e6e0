using Starling.EndToEnd.Tests.Harness;
using Starling.Testing.PostgreSql;

[assembly: AssemblyFixture(typeof(SharedBroker))]
[assembly: AssemblyFixture(typeof(SharedPostgres))]

namespace Starling.EndToEnd.Tests.Harness;

/// <summary>
/// One broker for all tests that neither stop it nor change its files; each of them uses topics of its own. With <c>TEST_CLUSTER</c> in the
/// environment, such as <c>3,2</c>, it is a cluster of as many silos and edges.
/// </summary>
public sealed class SharedBroker : IAsyncLifetime
{
    /// <summary>The trait <c>Broker</c> of tests that hold for any broker, with this value.</summary>
    public const string Any = "any";

    private BrokerProcess? _broker;
    private ClusterOfProcesses? _cluster;

    internal BrokerProcess Broker => _broker!;

    public async ValueTask InitializeAsync()
    {
        if (Environment.GetEnvironmentVariable("TEST_CLUSTER")?.Split(',') is [var silos, var edges])
        {
            _cluster = await ClusterOfProcesses.StartAsync(int.Parse(silos), int.Parse(edges));
            _broker = _cluster.Edge;
        }
        else
        {
            _broker = await BrokerProcess.StartAsync();
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_cluster is not null)
            await _cluster.DisposeAsync();
        else if (_broker is not null)
            await _broker.DisposeAsync();
    }
}
